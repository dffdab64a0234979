import type { Intent } from "../address/intent.ts";

/** What a user asks of a session, as the Worker resolved it. */
export interface CommandRequest {
  readonly token: string;
  readonly name: string;
  readonly chatId: number;
  readonly userId: number;
  readonly messageId: number;
  readonly intent: Intent;
  readonly repliedTo?: number;
}

/** `updateId` grows from update to update: Telegram may repeat an edit behind a younger one. */
export type EditRequest = CommandRequest & { readonly updateId: number };

export interface PressRequest {
  readonly token: string;
  readonly name: string;
  readonly chatId: number;
  readonly userId: number;
  readonly messageId: number;
  readonly action: string;
}

/** What the Worker answers in the body of its 200: a sentence, or nothing where receipts will do. */
export type Reply =
  | { readonly status: "done"; readonly say?: string }
  /** The token is not good here: unknown, of another chat, too old, or somebody else's. */
  | { readonly status: "unknown-token" };

/** How a call of an agent about a session was refused. */
export interface Refusal {
  readonly status: "refused";
  readonly code: 400 | 403 | 404 | 409 | 410;
  readonly error: string;
}
