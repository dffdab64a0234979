/** The hook's side of HookRecorder: `node recorder-hook.ts EVENT SOCKET`, run by the CLI. */
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";

/** What a session can be told apart by. */
const TOLD = /^(?:TMUX|TMUX_PANE|NVIM|CLAUDE\w*|CCR_SESSION)$/;

const [event = "", path = ""] = process.argv.slice(2);
const input: unknown = JSON.parse(await text(process.stdin));
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => TOLD.test(name)));
const report = { event, input, env, pid: process.pid, parentPid: process.ppid };

const socket = createConnection(path);
socket.on("error", () => process.exit(0));
socket.write(`${JSON.stringify(report)}\n`);
process.stdout.write(await text(socket));
