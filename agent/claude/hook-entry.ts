/**
 * What Claude Code runs for every event: hands the event to the daemon and prints its decision, if there is one.
 * Called by the launcher as `node hook.cjs SOCKET EVENT PID_OF_CLAUDE`, with the event's JSON on standard input.
 *
 * Claude waits for it on each event, so this one file is all that Node loads; it is installed beside the launcher, as
 * JavaScript. Whatever goes wrong, it ends in silence with 0: Claude shows its user anything else.
 */
import type { Socket } from "node:net";

// The file runs as CommonJS, without an import: Node needs a third longer to load a module.
const { createConnection } = process.getBuiltinModule("node:net");

/** Bytes of a line that the daemon takes (`LINE_BYTES` of the control socket; a test holds the two together). */
const LINE_BYTES = 256 * 1024;

/** Characters that are left of a long text, where the event as a whole is too long for a line. */
const SHORTENED = 8 * 1024;

/** The daemon decides or says `hold` within this, or it hangs, or is too old to know hooks: Claude is not kept. */
const FIRST_WORD_MS = 1_000;

/** A daemon that was there comes back: after an update, for example. It is looked for this often. */
const RETRY_MS = 500;

/**
 * While PreToolUse waits, nothing is asked at the terminal: a daemon that stays away for longer keeps nobody. One that
 * is started anew is back within seconds.
 */
const WITHOUT_DAEMON_MS = 10_000;

/** How often it looks whether Claude still runs. */
const LOOK_MS = 2_000;

/** The events that Claude wants a decision for. Of the others the daemon only hears. */
const DECIDED = ["PermissionRequest", "PreToolUse", "UserPromptExpansion"];

const [socketPath = "", event = "", claudePid = ""] = process.argv.slice(2);

/** The same for the whole life of this process: a daemon that restarted knows the question by it. */
const requestId = process.pid.toString(36) + Date.now().toString(36);

let held = false;
/** When the daemon went away; null while it is there. */
let awaySince: number | null = null;

process.on("uncaughtException", leave);
// Nobody listens to the decision any more.
process.stdout.on("error", leave);

const chunks: Buffer[] = [];
process.stdin.on("data", (chunk: Buffer) => chunks.push(chunk));
process.stdin.on("end", () => send(toLine(Buffer.concat(chunks).toString("utf8"))));

function leave(): void {
  process.exit(0);
}

function toLine(text: string): string {
  const input: unknown = JSON.parse(text);
  const { TMUX, TMUX_PANE, NVIM, CCR_SESSION, CLAUDE_CODE_ENTRYPOINT, CLAUDE_CONFIG_DIR, HOME, NO_COLOR } = process.env;
  const env = { TMUX, TMUX_PANE, NVIM, CCR_SESSION, CLAUDE_CODE_ENTRYPOINT, CLAUDE_CONFIG_DIR, HOME, NO_COLOR };
  const message = { type: "hook", requestId, event, claudePid: Number(claudePid), env };
  // What a tool gave back can be a whole file, and nobody asks for it.
  const line = JSON.stringify({ ...message, input }, (key, value: unknown) =>
    key === "tool_response" ? undefined : value,
  );
  if (Buffer.byteLength(line) < LINE_BYTES) return line;
  return JSON.stringify({ ...message, input, shortened: true }, (key, value: unknown) => {
    if (key === "tool_response") return undefined;
    if (typeof value !== "string" || value.length <= SHORTENED) return value;
    return `${value.slice(0, SHORTENED)}\n… (${value.length - SHORTENED} more characters)`;
  });
}

function send(line: string): void {
  const socket = createConnection(socketPath);
  socket.on("error", () => {});
  socket.on("close", () => (held && isExpected() ? setTimeout(() => send(line), RETRY_MS) : leave()));
  if (!DECIDED.includes(event)) {
    // What is in the socket's buffer is read by the daemon also after the end of this process.
    socket.end(`${line}\n`, leave);
    return;
  }
  socket.write(`${line}\n`);
  hear(socket);
}

/** Whether a daemon that went away is waited for. Where the question stands at the terminal too, nobody waits. */
function isExpected(): boolean {
  awaySince ??= Date.now();
  return event !== "PreToolUse" || Date.now() - awaySince < WITHOUT_DAEMON_MS;
}

function hear(socket: Socket): void {
  const tooLate = setTimeout(() => socket.destroy(), FIRST_WORD_MS);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      const word: unknown = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      clearTimeout(tooLate);
      obey(word);
    }
  });
  socket.on("close", () => clearTimeout(tooLate));
}

function obey(word: unknown): void {
  if (typeof word !== "object" || word === null || !("type" in word)) return leave();
  if (word.type === "hold") {
    if (!held) setInterval(leaveWithClaude, LOOK_MS);
    held = true;
    awaySince = null;
    return;
  }
  const output = word.type === "hooked" && "output" in word ? word.output : undefined;
  if (typeof output !== "string") return leave();
  process.stdout.write(output, leave);
}

/** A Claude that was killed cannot end its hooks. */
function leaveWithClaude(): void {
  try {
    process.kill(Number(claudePid), 0);
  } catch {
    leave();
  }
}
