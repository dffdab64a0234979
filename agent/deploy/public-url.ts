/**
 * The origin of a deployed Worker among the targets that wrangler names: `https://name.account.workers.dev`, the same
 * without a scheme, or `router.example (custom domain)`. A domain of one's own is preferred. Undefined where there is
 * none: routes that cover only a part of a site, schedules.
 */
export function publicUrl(targets: readonly string[]): string | undefined {
  const hosts = targets.flatMap((target) => {
    const host = /^(?:https:\/\/)?((?:[a-z0-9-]+\.)+[a-z0-9-]+)(?: \(custom domain\))?\/?$/i.exec(target.trim())?.[1];
    return host === undefined ? [] : [host];
  });
  const host = hosts.find((name) => !name.endsWith(".workers.dev")) ?? hosts[0];
  return host === undefined ? undefined : `https://${host}`;
}
