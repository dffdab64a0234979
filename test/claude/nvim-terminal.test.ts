import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ancestors } from "../../agent/terminal/ancestors.ts";
import { NvimTerminal, findNvimBuffer } from "../../agent/terminal/nvim.ts";
import { runLua } from "../../agent/terminal/nvim-rpc.ts";
import { TEXTS } from "./support/texts.ts";
import { type Pane, TmuxServer } from "./support/tmux-server.ts";
import { until } from "./support/until.ts";

const PROGRAM = join(import.meta.dirname, "support/recorded-program.ts");

let folder = "";
let server = "";
let tmux: TmuxServer;
let pane: Pane;
let terminal: NvimTerminal;

/** Opens a `:terminal` in nvim; its job's process. */
async function open(name: string): Promise<number> {
  const code = 'vim.cmd("enew"); vim.fn.termopen({...}); return vim.b.terminal_job_pid';
  const answer = await runLua(server, `local args = ...\n${code.replace("{...}", "args")}`, [
    [process.execPath, PROGRAM, join(folder, name)],
  ]);
  if (answer.status === "failed") throw new Error(answer.reason);
  return v.parse(v.number(), answer.value);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ccr-nvim-"));
  server = join(folder, "nvim.sock");
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, LANG: "C.UTF-8", TERM: "xterm-256color" };
  ({ tmux, pane } = await TmuxServer.start({ command: ["nvim", "--clean", "--listen", server], cwd: folder, env }));
  await until("nvim listens", async () => (await runLua(server, "return 1", [])).status === "answered");
  const jobPid = await open("first");
  await pane.shows("ready");
  terminal = new NvimTerminal({ server, jobPid });
});

afterAll(async () => {
  await tmux.stop();
  rmSync(folder, { recursive: true });
});

let before = 0;
beforeEach(() => {
  before = recorded().length;
});

function recorded(): string {
  try {
    return readFileSync(join(folder, "first"), "utf8");
  } catch {
    // Nothing was typed yet.
    return "";
  }
}

async function got(text: string): Promise<void> {
  await until("the program got it", () => recorded().length - before >= text.length);
  expect(recorded().slice(before)).toBe(text);
}

describe("a text arrives as one paste, byte for byte, and then Enter", () => {
  test.each(TEXTS)("%s", async (_, text) => {
    expect(await terminal.type(text, "text")).toEqual({ status: "typed" });
    await got(`\u001b[200~${text}\u001b[201~\r`);
  });
});

test("a text whose Enter is refused stands there without it", async () => {
  let seen = "";
  const result = await terminal.type("hello", "text", async () => {
    await until("it stands there", () => recorded().slice(before).endsWith("\u001b[201~"));
    seen = recorded().slice(before);
    return "a question is open";
  });
  expect(result).toEqual({ status: "held", reason: "a question is open" });
  await terminal.key("ctrl-d");
  await until("the next key came", () => recorded().slice(before).endsWith("\u0004"));
  expect([seen, recorded().slice(before)]).toEqual([
    "\u001b[200~hello\u001b[201~",
    "\u001b[200~hello\u001b[201~\u0004",
  ]);
});

test("a slash command is typed, not pasted", async () => {
  await terminal.type("/model opus", "text");
  await got("/model opus\r");
});

test("texts that are ordered at once arrive in order", async () => {
  const texts = ["one", "two", "three"];
  await Promise.all(texts.map((text) => terminal.type(text, "text")));
  await got(texts.map((text) => `\u001b[200~${text}\u001b[201~\r`).join(""));
});

test("a key is pressed", async () => {
  expect(await terminal.key("escape")).toEqual({ status: "typed" });
  await got("\u001b");
});

test("the screen is its last lines that are not blank", async () => {
  const shown = await terminal.screen();
  expect(shown.status === "screen" && shown.text.split("\n").at(-1)).toMatch(/bytes$/);
});

test("a process finds its own terminal buffer, among several, by its ancestors", async () => {
  const jobPid = await open("second");
  expect(await findNvimBuffer(server, await ancestors(jobPid))).toEqual({ server, jobPid });
  expect(await findNvimBuffer(server, await ancestors(process.pid))).toBeUndefined();
  expect(await findNvimBuffer(join(folder, "none"), [jobPid])).toBeUndefined();
});

test("an nvim that waits for a key is not typed into, neither now nor later", async () => {
  // `r` waits for the character that replaces.
  await runLua(server, 'vim.cmd("enew"); vim.api.nvim_buf_set_lines(0, 0, -1, false, { "abc" })', []);
  await pane.presses("Escape");
  await pane.types("r");
  await until("nvim waits", async () => (await runLua(server, "return 1", [])).status !== "answered");
  const waiting = await terminal.type("hello", "text");
  expect(waiting.status === "failed" && waiting.reason).toContain("waits for a key");
  await pane.types("x");
  await until("nvim goes on", async () => (await runLua(server, "return 1", [])).status === "answered");
  expect(recorded().length).toBe(before);
});

test("a buffer that is closed, or an nvim that is gone, fails and is not alive", async () => {
  const jobPid = await open("third");
  const third = new NvimTerminal({ server, jobPid });
  await runLua(server, 'vim.cmd("bwipeout!")', []);
  expect(await third.type("x", "text")).toMatchObject({ status: "failed" });
  expect(await third.screen()).toMatchObject({ status: "failed" });
  expect(third.alive()).toBe(false);
  expect(await new NvimTerminal({ server: join(folder, "none"), jobPid }).key("enter")).toMatchObject({
    status: "failed",
  });
});
