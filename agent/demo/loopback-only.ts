/**
 * Whether a request comes from a page of ours. The page can type into terminals, and a foreign website can make a
 * browser send requests to loopback: with a name of its own that it points there (so the Host header is checked), or
 * across origins (so Origin is).
 */
export function isOurs(headers: { host?: string | undefined; origin?: string | undefined }, port: number): boolean {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (headers.host === undefined || !hosts.includes(headers.host)) return false;
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}
