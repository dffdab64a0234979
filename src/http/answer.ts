/** An error as agents read it: what is wrong, and what to do. Never a stack, never a secret. */
export function errorAnswer(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers });
}

/** "Try again in a few seconds": for a broken world, never for a bad request. */
export function tryLater(error: string): Response {
  return errorAnswer(503, error, { "Retry-After": "5" });
}
