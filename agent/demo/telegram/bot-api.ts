import { setTimeout as delay } from "node:timers/promises";
import { Faults, type ApiCall, type Fault } from "./calls.ts";
import { answerCallbackQuery } from "./methods/answer.ts";
import {
  deleteMessage,
  editMessageCaption,
  editMessageReplyMarkup,
  editMessageText,
  setMessageReaction,
} from "./methods/change.ts";
import type { Done, Method } from "./methods/method.ts";
import { getChat, getMe, getMyCommands, sendChatAction, setMyCommands } from "./methods/profile.ts";
import { sendDocument, sendMessage } from "./methods/send.ts";
import { getUpdates } from "./methods/updates.ts";
import { deleteWebhook, disturbsDeliveries, getWebhookInfo, setWebhook } from "./methods/webhook.ts";
import { Parameters, parametersOfJson } from "./parameters.ts";
import { Refusal, tooManyRequests } from "./refusal.ts";
import type { World } from "./world.ts";

const METHODS: Readonly<Record<string, Method>> = {
  answerCallbackQuery,
  deleteMessage,
  deleteWebhook,
  editMessageCaption,
  editMessageReplyMarkup,
  editMessageText,
  getChat,
  getMe,
  getMyCommands,
  getUpdates,
  getWebhookInfo,
  sendChatAction,
  sendDocument,
  sendMessage,
  setMessageReaction,
  setMyCommands,
  setWebhook,
};

/** Letter case does not count in a method's name. */
const BY_LOWER_NAME = new Map(Object.entries(METHODS).map(([name, run]) => [name.toLowerCase(), { name, run }]));

/** How many calls are remembered for those who look. */
const KEPT_CALLS = 10_000;

/** How much later a slow answer comes. */
const SLOW_MS = 1_000;

/** What the caller gets: an answer, or a connection that breaks. */
export type Outcome =
  | { status: "answered"; code: number; body: Record<string, unknown>; retryAfter: number | undefined }
  | { status: "cut" };

/** What has to stand still while the webhook changes. */
interface Deliveries {
  stop: () => Promise<void>;
  wake: () => void;
}

/** The Bot API: runs methods, lets faults strike, and remembers every call. */
export class BotApi {
  readonly calls: ApiCall[] = [];
  readonly faults = new Faults();
  readonly #world: World;
  readonly #deliveries: Deliveries;

  constructor(world: World, deliveries: Deliveries) {
    this.#world = world;
    this.#deliveries = deliveries;
  }

  async call(methodName: string, parameters: Parameters, via: ApiCall["via"]): Promise<Outcome> {
    const method = BY_LOWER_NAME.get(methodName.toLowerCase());
    const name = method?.name ?? methodName;
    const fault = this.faults.take(name, this.#chatOf(parameters));
    const result =
      refusalOf(fault) ?? (fault?.kind === "drop" ? undefined : await this.#run(method?.run, name, parameters));
    this.#record(name, parameters, via, result, fault);
    if (result === undefined || fault?.kind === "timeout-after-success") return { status: "cut" };
    if (fault?.kind === "slow") await delay(SLOW_MS);
    return answerOf(result);
  }

  /** Executes the method that a webhook's answer may hold. Its result goes nowhere. */
  async callFromAnswer({ contentType, body }: { contentType: string; body: string }): Promise<void> {
    const parameters = readAnswer(contentType, body);
    const method = parameters?.string("method") ?? "";
    if (parameters === undefined || method === "" || NOT_FROM_ANSWER.test(method)) return;
    await this.call(method, parameters, "webhook");
  }

  async #run(run: Method | undefined, name: string, parameters: Parameters): Promise<Done | Refusal> {
    if (run === undefined) return new Refusal(404, "Not Found: method not found");
    if (!disturbsDeliveries(name, this.#world, parameters)) return run(this.#world, parameters);
    await this.#deliveries.stop();
    const result = await run(this.#world, parameters);
    this.#deliveries.wake();
    return result;
  }

  #chatOf(parameters: Parameters): number | undefined {
    const query = parameters.string("callback_query_id");
    return parameters.integer("chat_id") ?? this.#world.queries.find(query)?.chatId;
  }

  #record(
    method: string,
    parameters: Parameters,
    via: ApiCall["via"],
    result: Done | Refusal | undefined,
    fault: Fault | undefined,
  ): void {
    const call: ApiCall = {
      at: this.#world.now(),
      method,
      payload: parameters.payload(),
      ok: result !== undefined && !(result instanceof Refusal),
      ...(result instanceof Refusal && { error_code: result.code, description: result.description }),
      via,
      ...(fault && { fault: fault.kind }),
    };
    this.calls.push(call);
    if (this.calls.length > KEPT_CALLS) this.calls.shift();
    this.#world.change({ type: "call", call });
  }
}

/** The real server executes none of these from an answer to an update. */
const NOT_FROM_ANSWER = /^(?:get.*|setWebhook|deleteWebhook|close|logOut)$/i;

function readAnswer(contentType: string, body: string): Parameters | undefined {
  if (contentType.includes("application/json")) return parametersOfJson(body);
  if (!contentType.includes("application/x-www-form-urlencoded")) return undefined;
  return new Parameters(Object.fromEntries(new URLSearchParams(body)));
}

function refusalOf(fault: Fault | undefined): Refusal | undefined {
  if (fault?.kind === "429") return tooManyRequests(fault.retryAfter ?? 1);
  return fault?.kind === "500" ? new Refusal(500, "Internal Server Error") : undefined;
}

function answerOf(result: Done | Refusal): Outcome {
  if (!(result instanceof Refusal)) {
    return { status: "answered", code: 200, body: { ok: true, ...result }, retryAfter: undefined };
  }
  const { code, description, retryAfter } = result;
  const parameters = retryAfter === undefined ? {} : { parameters: { retry_after: retryAfter } };
  return { status: "answered", code, body: { ok: false, error_code: code, description, ...parameters }, retryAfter };
}
