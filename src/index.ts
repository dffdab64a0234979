import { type IRequest, Router } from "itty-router";
import { callFailure } from "./actor/call.ts";
import { ConfigError, configOf } from "./config.ts";
import {
  closeQuestion,
  inspectMachine,
  inspectSession,
  listSessions,
  notify,
  pair,
  register,
  unregister,
} from "./http/agent-api.ts";
import { errorAnswer, tryLater } from "./http/answer.ts";
import { connect } from "./http/socket.ts";
import { webhook } from "./http/webhook.ts";
import { logError } from "./log.ts";

export { MachineDO } from "./machine/machine-do.ts";
export { SessionDO } from "./session/session-do.ts";

const routes = Router<Request & IRequest, [Env], Response>()
  .get("/health", () => new Response("ok"))
  .post("/webhook/telegram/:pathSecret", webhook)
  .get("/ws", connect)
  .post("/machines/:machineId/pair", pair)
  .get("/machines/:machineId", inspectMachine)
  .post("/sessions/register", register)
  .post("/sessions/unregister", unregister)
  .get("/sessions", listSessions)
  .get("/sessions/:sessionId", inspectSession)
  .post("/notifications/send", notify)
  .post("/questions/close", closeQuestion)
  .all("*", () => errorAnswer(404, "there is nothing here"));

export default {
  async fetch(request, env): Promise<Response> {
    try {
      configOf(env);
      const response: unknown = await routes.fetch(request, env);
      if (response instanceof Response) return response;
      throw new Error("a route answered nothing");
    } catch (error) {
      return onError(error);
    }
  },
} satisfies ExportedHandler<Env>;

/** The one place where what nobody expected becomes an answer. */
function onError(error: unknown): Response {
  logError("request.failed", error);
  if (error instanceof ConfigError) return errorAnswer(500, error.message);
  return callFailure(error) === "bug"
    ? errorAnswer(500, "an error in the router: its log says more")
    : tryLater("the router is busy");
}
