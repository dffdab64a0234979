import { env, exports } from "cloudflare:workers";
import { evictAllDurableObjects } from "cloudflare:test";
import * as v from "valibot";
import { callMethod, type AnyUpdate } from "./telegram.ts";

const ORIGIN = "https://router.test";

/** Evicts every object: what they knew only in memory is gone. Sockets hibernate. */
export async function evictAll(): Promise<void> {
  await evictAllDurableObjects();
}

/** A request to the Worker. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(`${ORIGIN}${path}`, init));
}

/** Posts an update as Telegram does, carries out the method in the answer's body, and returns both. */
export async function deliver(update: unknown): Promise<{ status: number; said: Record<string, unknown> | null }> {
  const response = await request(`/webhook/telegram/${env.TELEGRAM_WEBHOOK_PATH_SECRET}`, {
    method: "POST",
    headers: { "content-type": "application/json", "X-Telegram-Bot-Api-Secret-Token": env.TELEGRAM_WEBHOOK_SECRET },
    body: typeof update === "string" ? update : JSON.stringify(update),
  });
  const text = await response.text();
  if (!response.ok || text === "") return { status: response.status, said: null };
  const { method, ...parameters } = v.parse(v.looseObject({ method: v.string() }), JSON.parse(text));
  await callMethod(method, parameters);
  return { status: response.status, said: parameters };
}

/** Delivers an update after every object was evicted. */
export async function deliverCold(
  update: AnyUpdate,
): Promise<{ status: number; said: Record<string, unknown> | null }> {
  await evictAll();
  return deliver(update);
}

/** A request of an agent. */
export async function asAgent(
  key: string,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await request(path, {
    method,
    headers: { Authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: v.parse(v.record(v.string(), v.unknown()), await response.json()) };
}
