/** Lines around a change that are shown unchanged. */
const CONTEXT = 2;

/**
 * An edit as a diff: what is the same at both ends is context, everything between goes out and comes in. An edit is one
 * place in a file, so nothing cleverer is needed.
 */
export function editDiff(before: string, after: string): string {
  const old = before === "" ? [] : before.split("\n");
  const now = after === "" ? [] : after.split("\n");
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const upTo = old.length - tail;
  return [
    ...old.slice(Math.max(0, head - CONTEXT), head).map((line) => ` ${line}`),
    ...old.slice(head, upTo).map((line) => `-${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+${line}`),
    ...old.slice(upTo, upTo + CONTEXT).map((line) => ` ${line}`),
  ].join("\n");
}
