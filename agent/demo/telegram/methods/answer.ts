import type { Parameters } from "../parameters.ts";
import { badRequest, type Refusal } from "../refusal.ts";
import type { World } from "../world.ts";
import type { Done } from "./method.ts";

/** From the documentation of answerCallbackQuery. */
const MAX_ANSWER_LENGTH = 200;

/** How long a press waits for its answer, in milliseconds. Telegram does not say; bots see about this. */
const ANSWERABLE = 60_000;

/** A press is answered once, while the client still waits for it. */
export function answerCallbackQuery(world: World, parameters: Parameters): Done | Refusal {
  const query = world.queries.find(parameters.string("callback_query_id"));
  if (query === undefined || query.answer !== undefined || world.now() - query.at > ANSWERABLE) {
    return badRequest("query is too old and response timeout expired or query ID is invalid");
  }
  const text = parameters.string("text");
  if (text.length > MAX_ANSWER_LENGTH) return badRequest("MESSAGE_TOO_LONG");
  // Bots without games may open a link to themselves only, and this one does not.
  if (parameters.string("url") !== "") return badRequest("URL_INVALID");
  const answer = {
    callback_query_id: query.id,
    chatId: query.chatId,
    userId: query.userId,
    text,
    show_alert: parameters.boolean("show_alert"),
    at: world.now(),
  };
  world.queries.answer(query, answer);
  world.change({ type: "toast", chatId: query.chatId, answer });
  return { result: true };
}
