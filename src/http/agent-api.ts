import { type IRequest } from "itty-router";
import * as v from "valibot";
import { call } from "../actor/call.ts";
import { macOf } from "../address/machine-key.ts";
import { sessionRef } from "../address/reply-token.ts";
import { configOf } from "../config.ts";
import type { Reporter } from "../machine/offer.ts";
import type { Redeemed } from "../machine/pairing.ts";
import {
  CloseQuestionBody,
  LIMITS,
  MachineName,
  type MachineReply,
  NotificationBody,
  PairBody,
  RegisterBody,
  SessionId,
  type SessionReply,
  UnregisterBody,
} from "../protocol.ts";
import type { Notified } from "../session/announcing.ts";
import type { Refusal } from "../session/request.ts";
import type { SessionDO } from "../session/session-do.ts";
import { errorAnswer } from "./answer.ts";
import { readJson } from "./body.ts";
import { authenticate } from "./machine-auth.ts";

/** `POST /machines/:machineId/pair`: a one-time code makes this machine's key good. */
export async function pair(request: IRequest & Request, env: Env): Promise<Response> {
  const { machineId } = request.params;
  if (!v.is(MachineName, machineId)) return errorAnswer(400, "a machine name is 1 to 32 of a-z, 0-9 and -");
  const caller = request.headers.get("CF-Connecting-IP") ?? "local";
  const { success } = await env.PAIRING_LIMIT.limit({ key: caller });
  if (!success) return errorAnswer(429, "too many pairing attempts: wait a minute", { "Retry-After": "60" });
  const body = await readJson(request, LIMITS.bodyBytes, PairBody);
  if (body.status !== "ok") return badBody(body);
  const redeemed = await call(
    () => env.MACHINE.getByName(machineId),
    (machine): Promise<Redeemed> => machine.pair(machineId, body.value.code, body.value.keyHash),
  );
  if (redeemed.status === "refused") return errorAnswer(403, redeemed.reason);
  return Response.json({
    ok: true,
    machineId,
    mac: await macOf(configOf(env).machineKeySecret, machineId, body.value.keyHash),
  });
}

/** `GET /machines/:machineId`: presence, queue, sessions. */
export async function inspectMachine(request: IRequest & Request, env: Env): Promise<Response> {
  return asMachine(request, env, async (by) => {
    if (request.params["machineId"] !== by.machineId) return errorAnswer(403, "a machine may only look at itself");
    const machine = await describe(env, by);
    return machine === null ? errorAnswer(404, "this machine is not paired") : Response.json(machine);
  });
}

/** `POST /sessions/register`: again = update. */
export async function register(request: IRequest & Request, env: Env): Promise<Response> {
  return withBody(request, env, RegisterBody, async (by, body) => {
    if (body.machineId !== by.machineId)
      return errorAnswer(403, `this key is ${by.machineId}'s, not ${body.machineId}'s`);
    const refusal = await onSession(env, body.sessionId, (session): Promise<Refusal | undefined> =>
      session.register(by, body),
    );
    return refusal === undefined
      ? Response.json({ ok: true, sessionId: body.sessionId, machineId: by.machineId })
      : refused(refusal);
  });
}

/** `POST /sessions/unregister`. */
export async function unregister(request: IRequest & Request, env: Env): Promise<Response> {
  return withBody(request, env, UnregisterBody, async (by, { sessionId, reason }) =>
    done(await onSession(env, sessionId, (session): Promise<Refusal | undefined> => session.unregister(by, reason))),
  );
}

/** `POST /notifications/send`: 200 sent, 202 kept until Telegram takes it, 410 never. */
export async function notify(request: IRequest & Request, env: Env): Promise<Response> {
  return withBody(request, env, NotificationBody, async (by, body) => {
    const notified = await onSession(env, body.sessionId, (session): Promise<Notified> => session.notify(by, body));
    if (notified.status === "refused") return refused(notified);
    return Response.json(notified.reply, { status: "queued" in notified.reply ? 202 : 200 });
  });
}

/** `POST /questions/close`. */
export async function closeQuestion(request: IRequest & Request, env: Env): Promise<Response> {
  return withBody(request, env, CloseQuestionBody, async (by, { sessionId, nonce, by: how }) =>
    done(
      await onSession(env, sessionId, (session): Promise<Refusal | undefined> => session.closeQuestion(by, nonce, how)),
    ),
  );
}

/** `GET /sessions`: the sessions of the machine that asks. */
export async function listSessions(request: IRequest & Request, env: Env): Promise<Response> {
  return asMachine(request, env, async (by) => Response.json({ sessions: (await describe(env, by))?.sessions ?? [] }));
}

/** `GET /sessions/:sessionId`: for inspection, never a token. */
export async function inspectSession(request: IRequest & Request, env: Env): Promise<Response> {
  return asMachine(request, env, async (by) => {
    const sessionId = unescaped(request.params["sessionId"] ?? "");
    if (!v.is(SessionId, sessionId)) return errorAnswer(400, "this is not a session id");
    const inspected = await onSession(
      env,
      sessionId,
      (session): Promise<{ status: "session"; reply: SessionReply } | Refusal> => session.inspect(by),
    );
    return inspected.status === "refused" ? refused(inspected) : Response.json(inspected.reply);
  });
}

/** A session id may hold what clients write as `%3A` in a path. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray % is no escape: the text stands as it is, and is no session id.
    return text;
  }
}

type SessionStub = DurableObjectStub<SessionDO>;

async function asMachine(request: Request, env: Env, work: (by: Reporter) => Promise<Response>): Promise<Response> {
  const authenticated = await authenticate(request, env);
  return authenticated.status === "refused" ? authenticated.answer : work(authenticated.by);
}

async function withBody<Schema extends v.GenericSchema>(
  request: Request,
  env: Env,
  schema: Schema,
  work: (by: Reporter, body: v.InferOutput<Schema>) => Promise<Response>,
): Promise<Response> {
  return asMachine(request, env, async (by) => {
    const body = await readJson(request, LIMITS.bodyBytes, schema);
    return body.status === "ok" ? work(by, body.value) : badBody(body);
  });
}

async function onSession<Result>(
  env: Env,
  sessionId: string,
  work: (session: SessionStub) => Promise<Result>,
): Promise<Result> {
  const ref = await sessionRef(sessionId);
  return call(() => env.SESSION.getByName(ref), work);
}

async function describe(env: Env, by: Reporter): Promise<MachineReply | null> {
  return call(
    () => env.MACHINE.getByName(by.machineId),
    (machine): Promise<MachineReply | null> => machine.describe(),
  );
}

function badBody({ status, reason }: { status: "too-large" | "invalid"; reason: string }): Response {
  return errorAnswer(status === "too-large" ? 413 : 400, reason);
}

function refused({ code, error }: Refusal): Response {
  return errorAnswer(code, error);
}

function done(refusal: Refusal | undefined): Response {
  return refusal === undefined ? Response.json({ ok: true }) : refused(refusal);
}
