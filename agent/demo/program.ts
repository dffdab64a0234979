/**
 * What runs in the demo's terminals: a prompt, a busy phase, an answer, and a notification of it with buttons.
 * It knows nothing of Telegram: it calls `ccr-agent notify`, as any script can.
 *
 * Usage: program.ts MACHINE [MILLISECONDS PER STEP]
 */
import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EMPTY_DRAFT, type } from "./line-editor.ts";
import type { Draft } from "./line-editor.ts";
import { greeting, turn } from "./small-talk.ts";
import type { Button, Topic } from "./small-talk.ts";

const AGENT = fileURLToPath(new URL("../main.ts", import.meta.url));
const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const FRAME_MS = 80;
/** How long a step of work takes: long enough to be seen, short enough to wait for. */
const DEFAULT_STEP_MS = 900;

const [machine = "machine", stepMs] = process.argv.slice(2);
const colour = machine === "macbook" ? 33 : 32;

/** Lines that were typed and not yet worked on. */
const lines: string[] = [];
let draft: Draft = EMPTY_DRAFT;
let topic: Topic = "idle";
let busy = true;
let wake: (() => void) | undefined;

function write(text: string): void {
  process.stdout.write(text);
}

function showPrompt(): void {
  write(`\r\u001B[K\u001B[1;${colour}m${machine} ▸\u001B[0m ${draft.text.replaceAll("\n", "\r\n  ")}`);
}

function onInput(input: string): void {
  const before = draft.text;
  const result = type(draft, input);
  draft = result.draft;
  for (const typed of result.typed) {
    if (typed.kind === "line") lines.push(typed.text);
    else leave();
  }
  wake?.();
  // A line that was sent is shown when its turn comes; while the program works there is no prompt to type at.
  if (busy || result.typed.length > 0) return;
  if (draft.text.startsWith(before)) write(draft.text.slice(before.length).replaceAll("\n", "\r\n  "));
  else showPrompt();
}

async function nextLine(): Promise<string> {
  for (;;) {
    const line = lines.shift();
    if (line !== undefined) return line;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

/** Shows each step for its time; what waits meanwhile is told, so that nobody types it again. */
async function work(steps: readonly string[]): Promise<void> {
  const start = performance.now();
  let frame = 0;
  for (const [index, step] of steps.entries()) {
    while (performance.now() - start < (index + 1) * Number(stepMs ?? DEFAULT_STEP_MS)) {
      const waiting = lines.length > 0 ? `  (${lines.length} more waiting)` : "";
      write(
        `\r\u001B[K\u001B[${colour}m${SPINNER[frame++ % SPINNER.length]}\u001B[0m \u001B[2m${step}…${waiting}\u001B[0m`,
      );
      await delay(FRAME_MS);
    }
  }
  write("\r\u001B[K");
}

async function notify(text: string, buttons: readonly Button[]): Promise<void> {
  const sign = text.endsWith("?") ? "question" : "done";
  const options = ["--sign", sign, ...buttons.flatMap(({ label, action }) => ["--button", `${label}=${action}`])];
  try {
    await promisify(execFile)(process.execPath, [AGENT, "notify", ...options, text]);
  } catch (error) {
    const words = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    write(`\u001B[2m  (not told to the phone: ${words.split("\n")[0]})\u001B[0m\r\n`);
  }
}

/** Breaks at spaces where the terminal ends, since a terminal breaks words anywhere. */
function wrapped(text: string): string {
  const width = Math.max(20, process.stdout.columns - 3);
  return text.replaceAll(new RegExp(`(.{1,${width}})(?: +|\\n|$)`, "gmu"), "  $1\r\n");
}

async function say(answer: string, buttons: readonly Button[]): Promise<void> {
  write(`${wrapped(answer)}\r\n`);
  await notify(answer, buttons);
}

function leave(): never {
  write("\r\n\u001B[?2004l\u001B[?25h");
  process.exit(0);
}

process.stdin.setRawMode(true);
process.stdin.setEncoding("utf8");
process.stdin.on("data", (input) => onInput(String(input)));
process.stdin.on("end", leave);
// Bracketed paste: a reply of several lines arrives as one.
write("\u001B[?2004h");

const hello = greeting(machine);
write(
  `\u001B[2m${wrapped(`A program with a prompt, on ${machine}. It works a moment, then tells the phone.`)}\u001B[0m\r\n`,
);
await notify(hello.answer, hello.buttons);

for (;;) {
  busy = false;
  showPrompt();
  const line = await nextLine();
  busy = true;
  // Whatever stands at the prompt is redrawn with the line whose turn it is.
  write(`\r\u001B[K\u001B[1;${colour}m${machine} ▸\u001B[0m ${line.replaceAll("\n", "\r\n  ")}\r\n`);
  if (line.trim() === "/exit") {
    write("  Bye.");
    leave();
  }
  const next = turn(line, topic);
  topic = next.topic;
  await work(next.steps);
  await say(next.answer, next.buttons);
}
