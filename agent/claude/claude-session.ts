import type { Hook } from "../control/messages.ts";
import type { Place, Session } from "../store/sessions.ts";
import type { HookInput } from "./hook-input.ts";

/** An event, and what is known of the process that it is of. */
export interface Told {
  hook: Hook;
  input: HookInput;
  /** When the process started: see `processStart`. */
  start: string;
  /** Where it can be typed into. */
  place: Place;
  /** What Claude Code calls it. */
  title: string;
  /** What it is called where the user gave it no name. */
  label: string;
  /** Claude Code's settings folder, as that process sees it. */
  folder: string;
  /** What ran in that process until now: the same session, or the one that this one goes on for. */
  before: Session | undefined;
  /** By the wall clock. */
  now: number;
}

/**
 * The session that an event tells of, where it is new or begins anew: a compaction, /clear and /resume start a session,
 * too. What the user chose stays with the process.
 */
export function sessionTold({ hook, input, start, place, title, label, folder, before, now }: Told): Session {
  const named = before?.claude?.named ?? false;
  const same = before?.sessionId === input.session_id ? before : undefined;
  return {
    sessionId: input.session_id,
    label: named && before !== undefined ? before.label : label,
    program: "claude",
    pid: hook.claudePid,
    processStart: start,
    // When this process took it up, however long it has run: the younger claim wins it from another machine.
    startedAt: same?.startedAt ?? now,
    lane: before?.lane ?? input.session_id,
    claude: {
      place,
      notify: before?.claude?.notify ?? null,
      away: before?.claude?.away ?? false,
      named,
      title,
      // https://no-color.org: set, and not empty.
      plain: (hook.env.NO_COLOR ?? "") !== "",
      folder,
    },
  };
}
