import type { IRequest } from "itty-router";
import { errorAnswer } from "./answer.ts";
import { authenticate } from "./machine-auth.ts";

/** `GET /ws?machineId=NAME`: the agent's socket. Refused before the upgrade, and before any object holds a socket. */
export async function connect(request: IRequest & Request, env: Env): Promise<Response> {
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return errorAnswer(426, "this address speaks WebSocket only", { Upgrade: "websocket" });
  }
  const authenticated = await authenticate(request, env);
  if (authenticated.status === "refused") return authenticated.answer;
  const { machineId } = authenticated.by;
  if (request.query["machineId"] !== machineId)
    return errorAnswer(403, `this key is ${machineId}'s: connect with machineId=${machineId}`);
  return env.MACHINE.getByName(machineId).fetch(request);
}
