import { Api, GrammyError, HttpError } from "grammy";
import type { Environment } from "../environment.ts";
import { DeployError } from "./deploy-error.ts";

/** What became of a call: Telegram's result, its refusal, or no answer. No reason holds the token. */
export type Answer<Result> =
  | { status: "ok"; result: Result }
  | { status: "refused"; code: number; reason: string }
  | { status: "silent"; reason: string };

/** Seconds. grammY would wait for 500. */
const ANSWER_WITHIN = 10;

/** The Bot API for one bot. Redirects are not followed: the token stands in the path. */
export function botApi(token: string, root: string): Api {
  return new Api(token, { apiRoot: root, timeoutSeconds: ANSWER_WITHIN, baseFetchConfig: { redirect: "manual" } });
}

/** Waits for a call of grammY and turns its two kinds of error into values. */
export async function answerOf<Result>(call: Promise<Result>): Promise<Answer<Result>> {
  try {
    return { status: "ok", result: await call };
  } catch (error) {
    if (error instanceof GrammyError) return { status: "refused", code: error.error_code, reason: error.description };
    // The inner error quotes the URL, and with it the token; its code does not.
    if (error instanceof HttpError) return { status: "silent", reason: systemCode(error.error) };
    throw error;
  }
}

/**
 * Where the Bot API is: TELEGRAM_API_ROOT, or the public one.
 * @throws {DeployError} where the token would travel unprotected
 */
export function apiRoot(env: Environment): string {
  const text = env["TELEGRAM_API_ROOT"] ?? "https://api.telegram.org";
  const url = URL.parse(text);
  const isLoopback = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url === null || url.username !== "" || (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback))) {
    throw new DeployError("TELEGRAM_API_ROOT must begin with https:// and hold no user name, or be left out.");
  }
  return text.replace(/\/+$/, "");
}

function systemCode(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
