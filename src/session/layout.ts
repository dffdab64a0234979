/** An answer of more messages is a flood: nobody reads it in a chat, and a group takes 20 messages a minute. */
export const MOST_MESSAGES = 8;

/** How a text reaches the phone. */
export type Layout =
  /** As many messages as it takes. */
  | "messages"
  /** One message with the whole as a file: its buttons stand under all that they are about. */
  | "file"
  /** The first message as it is, then the whole as a file. */
  | "beginning and file";

/** Decides it by how many messages it would take. */
export function layoutOf(messages: number, what: "question" | "answer"): Layout {
  if (what === "question") return messages === 1 ? "messages" : "file";
  return messages <= MOST_MESSAGES ? "messages" : "beginning and file";
}
