import type { IRequest } from "itty-router";
import { call, callFailure } from "../actor/call.ts";
import { resolve, type Resolved, senderOf } from "../address/resolve.ts";
import { configOf } from "../config.ts";
import { logError, logEvent } from "../log.ts";
import { LIMITS } from "../protocol.ts";
import type { MachineDO } from "../machine/machine-do.ts";
import type { CommandRequest, Reply } from "../session/request.ts";
import type { SessionDO } from "../session/session-do.ts";
import { parseUpdate, type Update } from "../telegram/update.ts";
import { tryLater } from "./answer.ts";
import { readBody } from "./body.ts";
import { sameSecret } from "./webhook-secret.ts";

/** A bug must not block a chat for a day: after this an update that keeps failing is let go, and the user told. */
const PATIENCE_MS = 5 * 60_000;

const ONLY_THE_TEXT = "Only the text goes to the session, not what is attached to it.";
const UNKNOWN_TOKEN = "I do not know this session any more: reply to one of its newer messages.";

/**
 * `POST /webhook/telegram/:pathSecret`: an update. Both secrets are checked before the body is read; after that nothing
 * that will stay wrong gets anything but 200, since Telegram repeats whatever else it gets.
 */
export async function webhook(request: IRequest & Request, env: Env): Promise<Response> {
  const config = configOf(env);
  if (!sameSecret(request.params["pathSecret"] ?? null, config.webhookPathSecret))
    return new Response(null, { status: 404 });
  if (!sameSecret(request.headers.get("X-Telegram-Bot-Api-Secret-Token"), config.webhookSecret)) {
    logEvent("webhook.secret.wrong");
    return new Response(null, { status: 401 });
  }
  const update = await readUpdate(request);
  if (update === undefined) return ok();
  const sender = senderOf(update);
  if ("refused" in sender || !config.allowedUserIds.has(sender.userId)) {
    logEvent("webhook.stranger", {
      userId: "userId" in sender ? sender.userId : null,
      reason: "refused" in sender ? sender.refused : "not allowed",
    });
    return ok();
  }
  const resolved = resolve(update, { id: config.botId, username: config.botUsername });
  try {
    return await carryOut(resolved, update.update_id, env, new URL(request.url).origin);
  } catch (error) {
    return onFailure(error, update, resolved);
  }
}

async function readUpdate(request: Request): Promise<Update | undefined> {
  const body = await readBody(request, LIMITS.bodyBytes);
  if (body.status !== "body") {
    logEvent("webhook.body.refused", { reason: body.status });
    return undefined;
  }
  let json: unknown;
  try {
    json = JSON.parse(body.text);
  } catch {
    logEvent("webhook.body.refused", { reason: "not-json" });
    return undefined;
  }
  const parsed = parseUpdate(json);
  if (parsed.status === "update") return parsed.update;
  logEvent("webhook.update.unknown-shape", { reason: parsed.reason });
  return undefined;
}

async function carryOut(resolved: Resolved, updateId: number, env: Env, origin: string): Promise<Response> {
  switch (resolved.kind) {
    case "command":
      return sayIn(
        resolved,
        await onSession(env, resolved.ref, (session): Promise<Reply> => session.command(requestOf(resolved))),
      );
    case "edit":
      return sayIn(
        resolved,
        await onSession(env, resolved.ref, (session): Promise<Reply> =>
          session.edit({ ...requestOf(resolved), updateId }),
        ),
      );
    case "press": {
      const { token, name, chatId, userId, messageId, action } = resolved;
      const reply = await onSession(env, resolved.ref, (session): Promise<Reply> =>
        session.press({ token, name, chatId, userId, messageId, action }),
      );
      return answerPress(resolved.callbackId, reply.status === "done" ? reply.say : UNKNOWN_TOKEN);
    }
    case "card": {
      const { token, name, chatId, userId, messageId } = resolved;
      // A tap on somebody else's header gets silence.
      await onSession(env, resolved.ref, (session): Promise<Reply> =>
        session.card({ token, name, chatId, userId, messageId }),
      );
      return ok();
    }
    case "pair":
    case "unpair":
      return pairing(resolved, env, origin);
    case "say":
      return say(resolved.chatId, resolved.text, resolved.replyTo);
    case "answerPress":
      return answerPress(resolved.callbackId, resolved.text);
    case "ignored":
      logEvent("webhook.ignored", { reason: resolved.reason });
      return ok();
  }
}

async function pairing(
  resolved: Extract<Resolved, { kind: "pair" | "unpair" }>,
  env: Env,
  origin: string,
): Promise<Response> {
  const { machineId, chatId, userId, name, messageId } = resolved;
  const stub = (): DurableObjectStub<MachineDO> => env.MACHINE.getByName(machineId);
  if (resolved.kind === "pair") {
    const begun = await call(stub, (machine): Promise<"begun" | "taken"> =>
      machine.beginPairing({ machineId, ownerId: userId, chatId, command: name, origin }),
    );
    return begun === "begun" ? ok() : say(chatId, `${machineId} is somebody else's: choose another name.`, messageId);
  }
  const unpaired = await call(stub, (machine): Promise<"unpaired" | "not-yours"> => machine.unpair(userId));
  if (unpaired === "not-yours") return say(chatId, `You have no machine named ${machineId}.`, messageId);
  return say(
    chatId,
    `${machineId} is unpaired: its key is no longer good, and nothing is typed there any more.`,
    messageId,
  );
}

function onFailure(error: unknown, update: Update, resolved: Resolved): Response {
  logError("webhook.failed", error, { kind: resolved.kind });
  // A bug may be gone in a minute; Telegram gives up on a press after 150 seconds by itself.
  const date = update.message?.date ?? update.edited_message?.edit_date;
  const young = date === undefined || Date.now() - date * 1_000 < PATIENCE_MS;
  if (callFailure(error) !== "bug" || young) return tryLater("the router cannot take this now");
  if (!("chatId" in resolved)) return ok();
  return say(
    resolved.chatId,
    "Something in the router is broken, and this message was not carried out. Its log says more.",
    "messageId" in resolved ? resolved.messageId : resolved.replyTo,
  );
}

function requestOf(resolved: Extract<Resolved, { kind: "command" | "edit" }>): CommandRequest {
  const { token, name, chatId, userId, messageId, intent, repliedTo } = resolved;
  return { token, name, chatId, userId, messageId, intent, ...(repliedTo === undefined ? {} : { repliedTo }) };
}

type SessionStub = DurableObjectStub<SessionDO>;

async function onSession(env: Env, ref: string, work: (session: SessionStub) => Promise<Reply>): Promise<Reply> {
  const reply = await call(() => env.SESSION.getByName(ref), work);
  // Many of these in a row are somebody who guesses.
  if (reply.status === "unknown-token") logEvent("token.unknown", { session: ref });
  return reply;
}

function ok(): Response {
  return new Response(null, { status: 200 });
}

/** A Bot API method in the answer's body: sent once, its own outcome never known. Good for words, not for records. */
function say(chatId: number, text: string, replyTo: number): Response {
  return Response.json({
    method: "sendMessage",
    chat_id: chatId,
    text,
    link_preview_options: { is_disabled: true },
    reply_parameters: { message_id: replyTo, allow_sending_without_reply: true },
  });
}

/** A group never hears of tokens that are not good; in private the user is told. */
function sayIn(asked: Extract<Resolved, { kind: "command" | "edit" }>, reply: Reply): Response {
  if (reply.status === "unknown-token") {
    return asked.chatId === asked.userId ? say(asked.chatId, UNKNOWN_TOKEN, asked.messageId) : ok();
  }
  const text = reply.say ?? (asked.attachment && asked.kind === "command" ? ONLY_THE_TEXT : undefined);
  return text === undefined ? ok() : say(asked.chatId, text, asked.messageId);
}

function answerPress(callbackId: string, text: string | undefined): Response {
  return Response.json({
    method: "answerCallbackQuery",
    callback_query_id: callbackId,
    ...(text === undefined ? {} : { text: text.slice(0, 200) }),
  });
}
