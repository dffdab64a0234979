import { badRequest, type BadRequest } from "./refusal.ts";

/**
 * Checks a link as Telegram's library does: http, https, tg and ton are links, a host without a dot is none, and a link
 * without a scheme is taken as http.
 */
export function checkLink(link: string, where: string): string | BadRequest {
  const reason = whyInvalid(link);
  if (reason === undefined) return normalise(link);
  return badRequest(`${where} URL '${link}' is invalid: ${reason}`);
}

const APP_LINK = /^(?:tg|ton|tonsite):(?:\/\/)?(?<host>[^/?#]*)/i;

function whyInvalid(link: string): string | undefined {
  const host = APP_LINK.exec(link)?.groups?.["host"];
  if (host !== undefined) {
    if (host === "") return "URL host is empty";
    return /^[A-Za-z0-9_.-]+$/.test(host) ? undefined : "Unallowed characters in URL host";
  }
  const scheme = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\//i.exec(link)?.groups?.["scheme"]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") return "Unsupported URL protocol";
  const url = parse(link);
  if (url === undefined || url.hostname === "") return "Wrong HTTP URL";
  return url.hostname.includes(".") || url.hostname.startsWith("[") ? undefined : "Wrong HTTP URL";
}

function normalise(link: string): string {
  if (APP_LINK.test(link)) return link;
  // A missing path becomes "/": Telegram gives the link back so.
  return parse(link)?.href ?? link;
}

function parse(link: string): URL | undefined {
  const text = /^https?:\/\//i.test(link) ? link : `http://${link}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}
