import type { Finding } from "./finding.ts";
import type { History, Line, Post, StoredCommand } from "./history.ts";
import { commandsByMark, linesByMark, marksIn, mayBeTyped } from "./marks.ts";

/** At most once, and not at all where the outcome says so. */
export function checkOnce(history: History): Finding {
  const commands = commandsByMark(history);
  const violations: string[] = [];
  let duplicates = 0;
  for (const [mark, lines] of linesByMark(history)) {
    const asked = commands.get(mark) ?? [];
    const allowed = asked.filter(mayBeTyped).length;
    if (lines.length <= allowed) continue;
    duplicates += lines.length - allowed;
    violations.push(`${mark} was read ${lines.length} times: ${told(asked)}; ${places(lines)}`);
  }
  for (const [session, lines] of Map.groupBy(history.lines, ({ session: of }) => of)) {
    // A pressed Enter leaves an empty line, and nothing else does.
    const read = lines.filter(({ text }) => text === "").length;
    const keys = history.commands.filter((command) => command.kind === "key" && command.session === session);
    const allowed = keys.filter(mayBeTyped).length;
    if (read > allowed) violations.push(`Enter was pressed ${read} times in ${session}: ${told(keys)}`);
    duplicates += Math.max(0, read - allowed);
  }
  return { invariant: "typed at most once", checked: commands.size, violations, duplicates };
}

/** How long after its typing a program may lose a line by being killed before it has read it, in milliseconds. */
const UNREAD_MS = 2_000;

/** Where the outcome is `typed`, the program has read it. */
export function checkTyped(history: History): Finding {
  const lines = linesByMark(history);
  const violations: string[] = [];
  let checked = 0;
  for (const [mark, commands] of commandsByMark(history)) {
    const typed = commands.filter(({ state }) => state === "typed" || state === "accepted");
    checked += typed.length;
    const read = lines.get(mark)?.length ?? 0;
    if (read < typed.length && !typed.some((command) => diedUnread(history, command)))
      violations.push(`${mark} was read ${read} times: ${told(commands)}`);
  }
  return { invariant: "typed is typed", checked, violations };
}

function diedUnread({ faults, frames }: History, { name, session }: StoredCommand): boolean {
  const results = frames.filter(({ type, id, from }) => type === "commandResult" && from === "agent" && isOf(id, name));
  const first = results[0]?.at ?? 0;
  return faults.some(
    ({ fault, from, to }) =>
      (fault.do === "kill-run" || fault.do === "move") &&
      fault.session === session &&
      from - UNREAD_MS <= first &&
      first <= to + UNREAD_MS,
  );
}

/** Whether a frame with this id is about the command of this name. */
export function isOf(id: string | null, name: string): boolean {
  return id !== null && id.endsWith(`.${name}`);
}

/** Within a session, what was taken before another was brought is typed before it. */
export function checkOrder(history: History): Finding {
  const commands = commandsByMark(history);
  // An edit is called like what it edits.
  const asked = new Map(history.sent.filter(({ kind }) => kind !== "edit").map((sent) => [sent.name, sent.updateId]));
  const times = timesByUpdate(history.posts);
  const violations: string[] = [];
  let checked = 0;
  for (const lines of Map.groupBy(history.lines, ({ terminal }) => terminal).values()) {
    const marks = lines
      .flatMap(({ text }) => marksIn(text))
      .flatMap((mark) => {
        // What was sent again has two places in the order.
        const [command, ...others] = commands.get(mark) ?? [];
        const when = command === undefined || others.length > 0 ? undefined : times.get(asked.get(command.name) ?? 0);
        return when === undefined ? [] : [{ mark, ...when }];
      });
    checked += marks.length;
    for (const [index, later] of marks.entries()) {
      const overtaken = marks.slice(0, index).find((earlier) => later.takenAt <= earlier.broughtAt);
      if (overtaken !== undefined) violations.push(`${overtaken.mark} before ${later.mark} in ${lines[0]?.terminal}`);
    }
  }
  return { invariant: "in order within a session", checked, violations };
}

function timesByUpdate(posts: readonly Post[]): Map<number, { broughtAt: number; takenAt: number }> {
  const times = new Map<number, { broughtAt: number; takenAt: number }>();
  for (const { updateId, from, to, status } of posts) {
    const known = times.get(updateId) ?? { broughtAt: from, takenAt: Number.POSITIVE_INFINITY };
    const takenAt = status >= 200 && status < 300 ? Math.min(known.takenAt, to) : known.takenAt;
    times.set(updateId, { broughtAt: Math.min(known.broughtAt, from), takenAt });
  }
  return times;
}

/**
 * What was on its way when its time ended may still be typed: a frame in a slow network, bytes in a stopped process.
 * The slowest of both, in milliseconds.
 */
const ON_ITS_WAY_MS = 10_000;

/** Nothing is typed after its time, and nothing is called too old before. */
export function checkLate(history: History): Finding {
  const lines = linesByMark(history);
  const violations: string[] = [];
  const seen = [...history.lines, ...history.frames, ...history.alarms].map(({ at }) => at);
  const end = Math.max(0, ...history.posts.map(({ to }) => to), ...seen);
  for (const [mark, commands] of commandsByMark(history)) {
    const last = Math.max(...commands.map(({ expiresAt }) => expiresAt));
    const late = lines.get(mark)?.find(({ at }) => at > last + ON_ITS_WAY_MS);
    if (late !== undefined) violations.push(`${mark} was read ${late.at - last} ms after its time`);
    const early = commands.find(({ state, expiresAt }) => state === "expired" && expiresAt > end + ON_ITS_WAY_MS);
    if (early !== undefined) violations.push(`${mark} expired ${early.expiresAt - end} ms before its time`);
  }
  return { invariant: "nothing is typed after its time", checked: lines.size, violations };
}

/** A text that was changed is typed as its SessionDO has it. */
export function checkEdits(history: History): Finding {
  const commands = commandsByMark(history);
  const violations: string[] = [];
  let checked = 0;
  for (const [mark, lines] of linesByMark(history)) {
    const asked = commands.get(mark) ?? [];
    if (!history.sent.some((sent) => sent.kind === "edit" && sent.mark === mark)) continue;
    checked += lines.length;
    const strange = lines.find((line) => !asked.some(({ text }) => saysExactly(line.text, text)));
    if (strange !== undefined && asked.length > 0)
      violations.push(`${mark} was typed as "${strange.text}", and is remembered as "${asked[0]?.text}"`);
  }
  return { invariant: "typed as it is remembered", checked, violations };
}

/** Whether a text stands in a line, and not only as the beginning of what it was changed to. */
function saysExactly(line: string, text: string): boolean {
  return line
    .split(text)
    .slice(1)
    .some((rest) => !/^(?: better|\d)/.test(rest));
}

/** Only the session's owner causes bytes, or rows. */
export function checkIntruders(history: History): Finding {
  const lines = linesByMark(history);
  const commands = commandsByMark(history);
  const intrusions = history.sent.filter(({ kind }) => kind === "intrusion");
  const violations = intrusions
    .filter(({ mark }) => mark !== null && (lines.has(mark) || commands.has(mark)))
    .map(({ mark, chatId }) => `${mark} of ${chatId}`);
  return { invariant: "only the owner causes bytes", checked: intrusions.length, violations };
}

function told(commands: readonly StoredCommand[]): string {
  return commands.map(({ name, state, error }) => `${name} ${state}${error === null ? "" : ` (${error})`}`).join(", ");
}

function places(lines: readonly Line[]): string {
  return lines.map(({ terminal, at }) => `${terminal} at ${at}`).join(", ");
}
