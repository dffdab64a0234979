import { CLOSE, PROTOCOL } from "../../src/protocol.ts";

/** How a connection to the router ended, or why there was none. */
export type Ended =
  /** After the upgrade. `uptimeMs` counts from the router's welcome; 0 where there was none. */
  | { how: "closed"; code: number; reason: string; uptimeMs: number }
  /** Before the upgrade, by a status of HTTP. */
  | { how: "refused"; status: number; retryAfterMs: number | null }
  | { how: "unreachable"; error: string }
  /** A pong or a welcome that did not come, or a journal that could not be written: we ended it ourselves. */
  | { how: "dropped"; why: string; uptimeMs: number }
  /** The clock jumped: the machine slept, and the socket is dead whatever it looks like. */
  | { how: "slept" };

/** What to do now. */
export type Decision =
  /** `attempt` goes into the next decision. `watch`: a new key in the configuration makes it worth trying at once. */
  | { do: "reconnect"; afterMs: number; attempt: number; reason: string; watch: boolean }
  /** Go on only where the configuration holds another key than the one that was refused; else stop. */
  | { do: "reread or stop"; reason: string }
  | { do: "stop"; reason: string };

const SECOND = 1_000;
/** Delays grow up to this. */
const CAP = 60 * SECOND;
/** A connection that held this long was a good one: the next delay is short again. */
const GOOD_AFTER = 30 * SECOND;
/** A router that says no will hardly change its mind: it is asked rarely. */
const REFUSED_EVERY = 10 * 60 * SECOND;
/** No router's Retry-After silences a machine for longer. */
const RETRY_AFTER_CAP = 60 * 60 * SECOND;

const REFUSALS: Readonly<Record<number, string>> = {
  401: "the router does not know this machine's key (401): pair this machine again",
  403: "the router refuses this machine (403): its owner is not allowed there any more, or it was unpaired",
  426: "the router does not speak this agent's protocol (426): update ccr-agent",
};

/** Full jitter: anywhere between nothing and the bound, which doubles with every attempt. The first is within a second. */
function jitter(attempt: number, random: number): number {
  return Math.floor(random * Math.min(CAP, SECOND * 2 ** Math.min(attempt, 16)));
}

/** Whether a router that closed with 4002 says that it is older than this agent: `… speaks protocol 1 …`. */
function isOlder(reason: string): boolean {
  const newest = /speaks protocol (\d+)/.exec(reason)?.[1];
  return newest !== undefined && Number(newest) < PROTOCOL.min;
}

function closed(code: number, reason: string): { stop: Decision } | { reason: string } {
  const said = reason === "" ? "" : `: ${reason}`;
  if (code === CLOSE.replaced) {
    return {
      stop: {
        do: "stop",
        reason:
          "another agent connected with this machine's key, and the newest wins (4001). Stop the other one, or pair this machine under a name of its own",
      },
    };
  }
  if (code === CLOSE.revoked) {
    return {
      stop: {
        do: "reread or stop",
        reason:
          "this machine was unpaired (4003). To use it again, send /pair NAME to the bot and paste here the line that it answers",
      },
    };
  }
  if (code === CLOSE.protocol && !isOlder(reason)) {
    return {
      stop: { do: "stop", reason: `the router does not speak this agent's protocol (4002${said}). Update ccr-agent` },
    };
  }
  if (code === CLOSE.protocol) return { reason: `the router is older than this agent (4002${said})` };
  return { reason: `the connection was closed (${code}${said})` };
}

/**
 * Whether and when to connect again.
 * @param attempt how many attempts failed since the last good connection.
 * @param random from 0 to 1.
 */
export function afterEnd(ended: Ended, attempt: number, random: number): Decision {
  const again = (reason: string, failed: number, atLeastMs = 0): Decision => ({
    do: "reconnect",
    // Jitter on top: machines that were told the same time must not come back in the same moment.
    afterMs: Math.min(atLeastMs, RETRY_AFTER_CAP) + jitter(failed, random),
    attempt: failed + 1,
    reason,
    watch: false,
  });
  const since = (uptimeMs: number) => (uptimeMs >= GOOD_AFTER ? 0 : attempt);

  switch (ended.how) {
    case "slept":
      return { do: "reconnect", afterMs: 0, attempt: 0, reason: "the machine slept", watch: false };
    case "unreachable":
      return again(`the router cannot be reached (${ended.error})`, attempt);
    case "dropped":
      return again(ended.why, since(ended.uptimeMs));
    case "refused": {
      const refusal = REFUSALS[ended.status];
      if (refusal === undefined) return again(`the router answered ${ended.status}`, attempt, ended.retryAfterMs ?? 0);
      return { do: "reconnect", afterMs: REFUSED_EVERY, attempt: attempt + 1, reason: refusal, watch: true };
    }
    case "closed": {
      const verdict = closed(ended.code, ended.reason);
      return "stop" in verdict ? verdict.stop : again(verdict.reason, since(ended.uptimeMs));
    }
  }
}

/**
 * The milliseconds that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds, or a date), or null.
 * @param now by the wall clock.
 */
export function retryAfterMs(header: string | undefined | null, now: number): number | null {
  if (header === undefined || header === null || header.trim() === "") return null;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * SECOND;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
