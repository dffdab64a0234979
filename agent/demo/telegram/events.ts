import type { CallbackAnswer } from "./callback-queries.ts";
import type { Room } from "./chats.ts";
import type { StoredMessage } from "./message.ts";
import type { ApiCall } from "./calls.ts";
import type { Delivery } from "./webhook-poster.ts";

/** What changed, for a page that shows the chats and for tests that wait. */
export type ChangeEvent =
  | { type: "message" | "edited" | "reaction"; chatId: number; message: StoredMessage }
  | { type: "deleted"; chatId: number; messageId: number }
  | { type: "toast"; chatId: number; answer: CallbackAnswer }
  | { type: "action"; chatId: number; action: string }
  | { type: "chat"; chatId: number; room: Room }
  | { type: "call"; call: ApiCall }
  | { type: "delivery"; delivery: Delivery };
