import type { History, Line, StoredCommand } from "./history.ts";

const MARK = /<u\d+>/g;

/** The marks in a text, each as often as it stands there. */
export function marksIn(text: string): string[] {
  return text.match(MARK) ?? [];
}

/** The commands that were to be typed, by their mark. A press that was only answered is none of its own. */
export function commandsByMark({ commands }: History): Map<string, StoredCommand[]> {
  const own = commands.filter(({ sameAs }) => sameAs === null);
  return grouped(own.flatMap((command) => marksIn(command.text).map((mark) => [mark, command] as const)));
}

/** The lines in which each mark was read; one that stands in a line twice counts twice. */
export function linesByMark({ lines }: History): Map<string, Line[]> {
  return grouped(lines.flatMap((line) => marksIn(line.text).map((mark) => [mark, line] as const)));
}

function grouped<Value>(pairs: readonly (readonly [string, Value])[]): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return groups;
}

/** Whether any byte of it may stand in a terminal. */
export function mayBeTyped({ state, error }: StoredCommand): boolean {
  if (state === "typed" || state === "accepted" || state === "unknown") return true;
  return state === "failed" && (error ?? "").includes("may stand there");
}
