import { Api } from "grammy";
import { ConfigError } from "../config.ts";

const TOKEN = /^(\d{1,16}):[A-Za-z0-9_-]+$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** grammY's default is 500 s; an object that waits longer than this keeps everything behind it waiting. */
const TIMEOUT_SECONDS = 10;

/** Telegram's client. Throws a ConfigError, naming the variable and never its value, where the configuration is wrong. */
export function botApi(env: { TELEGRAM_BOT_TOKEN: string; TELEGRAM_API_ROOT: string }): Api {
  botId(env.TELEGRAM_BOT_TOKEN);
  return new Api(env.TELEGRAM_BOT_TOKEN, {
    apiRoot: checkedRoot(env.TELEGRAM_API_ROOT),
    timeoutSeconds: TIMEOUT_SECONDS,
    // The token stands in the address: it must not follow a redirect to another host.
    baseFetchConfig: { redirect: "manual" },
    fetch: fetchJson,
  });
}

/**
 * A proxy before a Bot API server refuses what is too big with a page of its own. Without JSON that is no answer, and
 * what has no answer is sent again for ever.
 */
async function fetchJson(...call: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...call);
  if (response.status !== 413) return response;
  await response.body?.cancel();
  return Response.json({ ok: false, error_code: 413, description: "Request Entity Too Large" });
}

/** The bot's user id: the number before the colon in its token. */
export function botId(token: string): number {
  const id = TOKEN.exec(token)?.[1];
  if (id === undefined)
    throw new ConfigError("TELEGRAM_BOT_TOKEN is not a bot token: copy the one that @BotFather gave you");
  return Number(id);
}

function checkedRoot(root: string): string {
  const url = URL.canParse(root) ? new URL(root) : undefined;
  if (url === undefined || url.search !== "" || url.hash !== "") {
    throw new ConfigError(
      "TELEGRAM_API_ROOT is not an address: use https://api.telegram.org or your own Bot API server",
    );
  }
  if (url.username !== "" || url.password !== "")
    throw new ConfigError("TELEGRAM_API_ROOT must not hold a user or a password");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) {
    throw new ConfigError("TELEGRAM_API_ROOT must begin with https://, since the bot's token stands in every address");
  }
  return url.href.replace(/\/+$/, "");
}
