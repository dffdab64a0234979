import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";

/** One hook of ours: the event, and how long Claude lets it run. */
type HookPlan = {
  event: string;
  /** The tools that it is called for; without it, all. */
  matcher?: string;
  timeoutSeconds: number;
  /** Claude goes on at once: for what comes often and is only heard. */
  async?: true;
};

/** Long enough for everything that is only heard; it is 40 ms as a rule. */
const HEARD = 10;

/** A question may wait for its person over night. */
const ASKED = 24 * 60 * 60;

/**
 * The events that are hooked. Frequent ones do not hold Claude up. Questions and plans come as PermissionRequest too,
 * beside their dialog; PreToolUse comes before there is one, and holds it back while the user is away.
 */
const PLANS: readonly HookPlan[] = [
  { event: "SessionStart", timeoutSeconds: HEARD },
  { event: "SessionEnd", timeoutSeconds: HEARD },
  { event: "UserPromptSubmit", timeoutSeconds: HEARD },
  { event: "UserPromptExpansion", timeoutSeconds: HEARD },
  { event: "PreToolUse", matcher: "AskUserQuestion|ExitPlanMode", timeoutSeconds: ASKED },
  { event: "PermissionRequest", timeoutSeconds: ASKED },
  { event: "PermissionDenied", timeoutSeconds: HEARD },
  { event: "PostToolUse", timeoutSeconds: HEARD, async: true },
  { event: "PostToolUseFailure", timeoutSeconds: HEARD, async: true },
  { event: "Notification", timeoutSeconds: HEARD, async: true },
  { event: "Stop", timeoutSeconds: HEARD },
  { event: "StopFailure", timeoutSeconds: HEARD },
];

// These only check: a parsed copy would have its keys in another order than the file.
const Handler = v.looseObject({ type: v.string(), command: v.optional(v.unknown()) });
const Group = v.looseObject({ hooks: v.array(Handler) });
const Hooks = v.record(v.string(), v.array(Group));
const Settings = v.looseObject({ hooks: v.optional(Hooks), disableAllHooks: v.optional(v.boolean()) });
type Settings = v.InferOutput<typeof Settings>;
type Group = v.InferOutput<typeof Group>;

/** What to do with a settings file. `removed`: it was made by us, and nothing else came into it. */
export type Edit =
  | { status: "unchanged" }
  | { status: "changed"; text: string }
  | { status: "removed" }
  | { status: "refused"; reason: string };

type Read = { status: "read"; settings: Settings; indent: string; end: string } | { status: "refused"; reason: string };

/**
 * Puts our hooks into the text of a settings file; everything else in it stays, in its order. Doing it twice changes
 * nothing, and hooks of an older version are replaced.
 *
 * @param text null where there is no file.
 */
export function installHooks(text: string | null, launcher: string): Edit {
  const read = readSettings(text);
  if (read.status === "refused") return read;
  if (missingHooks(read.settings, launcher).length === 0) return { status: "unchanged" };
  const settings = withoutOurs(read.settings);
  const hooks = { ...settings.hooks };
  for (const plan of PLANS) hooks[plan.event] = [...(hooks[plan.event] ?? []), groupOf(plan, launcher)];
  return { status: "changed", text: JSON.stringify({ ...settings, hooks }, null, read.indent) + read.end };
}

/**
 * Takes our hooks out of the text of a settings file.
 *
 * @param before the text before we came, null where there was no file, undefined where it is not known. Where nothing
 *   else has changed since, exactly that comes back.
 */
export function uninstallHooks(text: string | null, launcher: string, before: string | null | undefined): Edit {
  const read = readSettings(text);
  if (read.status === "refused") return read;
  if (text === null || !hasOurs(read.settings)) return { status: "unchanged" };
  if (before !== undefined) {
    const installed = installHooks(before, launcher);
    if (installed.status === "changed" && installed.text === text) {
      return before === null ? { status: "removed" } : { status: "changed", text: before };
    }
  }
  return { status: "changed", text: JSON.stringify(withoutOurs(read.settings), null, read.indent) + read.end };
}

/** Whether any hook of ours, of whatever version, stands in a settings file. Undefined where it is not understood. */
export function holdsHooks(text: string | null): boolean | undefined {
  const read = readSettings(text);
  return read.status === "read" ? hasOurs(read.settings) : undefined;
}

/** What keeps our hooks from being called, for people; empty where nothing does. */
export function hookProblems(text: string | null, launcher: string): string[] {
  const read = readSettings(text);
  if (read.status === "refused") return [read.reason];
  const missing = missingHooks(read.settings, launcher);
  return [
    ...(missing.length > 0 ? [`these hooks are missing or of another version: ${missing.join(", ")}`] : []),
    ...(read.settings.disableAllHooks === true ? ["disableAllHooks is set: Claude Code calls no hook at all"] : []),
  ];
}

function groupOf({ event, matcher, timeoutSeconds, async }: HookPlan, launcher: string): Group {
  const handler = { type: "command", command: launcher, args: [event], timeout: timeoutSeconds };
  const hooks = [async === undefined ? handler : { ...handler, async }];
  return matcher === undefined ? { hooks } : { matcher, hooks };
}

function missingHooks({ hooks = {} }: Settings, launcher: string): string[] {
  const wanted = PLANS.filter((plan) => {
    const ours = (hooks[plan.event] ?? []).filter((group) => group.hooks.some(isOurs));
    return ours.length !== 1 || !isDeepStrictEqual(ours[0], groupOf(plan, launcher));
  });
  return wanted.map(({ event }) => event);
}

function hasOurs({ hooks = {} }: Settings): boolean {
  return Object.values(hooks).some((groups) => groups.some((group) => group.hooks.some(isOurs)));
}

/** Ours is whatever calls our launcher, wherever that once lay. */
function isOurs({ type, command }: v.InferOutput<typeof Handler>): boolean {
  return type === "command" && typeof command === "string" && command.endsWith("/ccr-agent/hook");
}

/** What became empty by it goes too; what was empty before stays. */
function withoutOurs(settings: Settings): Settings {
  if (settings.hooks === undefined || !hasOurs(settings)) return settings;
  const kept = Object.entries(settings.hooks).flatMap(([event, groups]) => {
    const rest = groups.flatMap((group) => {
      if (!group.hooks.some(isOurs)) return [group];
      const others = group.hooks.filter((handler) => !isOurs(handler));
      return others.length === 0 ? [] : [{ ...group, hooks: others }];
    });
    return rest.length === 0 && groups.length > 0 ? [] : [[event, rest] as const];
  });
  if (kept.length > 0) return { ...settings, hooks: Object.fromEntries(kept) };
  const { hooks: _, ...others } = settings;
  return others;
}

function readSettings(text: string | null): Read {
  if (text === null || text.trim() === "") return { status: "read", settings: {}, indent: "  ", end: "\n" };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: "refused", reason: `it is not valid JSON (${reason}): correct it, then try again` };
  }
  if (!v.is(Settings, json) || Array.isArray(json) || Array.isArray(json.hooks)) {
    const [issue] = v.safeParse(Settings, json).issues ?? [];
    // A list passes for an object there, and has no issue: then it is the whole, or `hooks`.
    const where = (issue && v.getDotPath(issue)) ?? (Array.isArray(json) ? "its content" : "hooks");
    return { status: "refused", reason: `${where} has a shape that Claude Code does not know: correct it` };
  }
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? (text.includes("\n") ? "  " : "");
  return { status: "read", settings: json, indent, end: /\s*$/.exec(text)?.[0] ?? "" };
}
