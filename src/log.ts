import { withoutToken } from "./telegram/without-token.ts";

/** A log line is one JSON object: `{"event":"command.finished", …}`. Never give it a secret, a token or a user's text. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Logs what happens in the normal course. */
export function logEvent(event: string, fields: LogFields = {}): void {
  console.log(JSON.stringify({ event, ...fields }));
}

/** Logs what somebody should look at. */
export function logError(event: string, error: unknown, fields: LogFields = {}): void {
  console.error(JSON.stringify({ event, ...fields, error: describe(error) }));
}

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return withoutToken(text).slice(0, 1_000);
}
