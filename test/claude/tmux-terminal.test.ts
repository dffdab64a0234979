import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TmuxTerminal, tmuxPane } from "../../agent/terminal/tmux.ts";
import { TEXTS } from "./support/texts.ts";
import { type Pane, TmuxServer } from "./support/tmux-server.ts";
import { until } from "./support/until.ts";

const PROGRAM = join(import.meta.dirname, "support/recorded-program.ts");

let folder = "";
let tmux: TmuxServer;
let pane: Pane;
let terminal: TmuxTerminal;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ccr-tmux-"));
  const command = [process.execPath, PROGRAM, join(folder, "first")];
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, LANG: "C.UTF-8", TERM: "xterm-256color" };
  ({ tmux, pane } = await TmuxServer.start({ command, cwd: folder, env }));
  await pane.shows("ready");
  terminal = await terminalOf(pane);
});

afterAll(async () => {
  await tmux.stop();
  rmSync(folder, { recursive: true });
});

let before = 0;
beforeEach(() => {
  before = recorded("first").length;
});

async function terminalOf(one: Pane): Promise<TmuxTerminal> {
  const socket = await tmux.run(["display-message", "-p", "#{socket_path}"]);
  const place = tmuxPane(`${socket},1,0`, one.id);
  if (place === undefined) throw new Error(`${socket} and ${one.id} are no pane`);
  return new TmuxTerminal(place);
}

function recorded(name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    // Nothing was typed yet.
    return "";
  }
}

async function got(text: string): Promise<void> {
  await until("the program got the Enter", () => recorded("first").slice(before).endsWith("\r"));
  expect(recorded("first").slice(before)).toBe(text);
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
    await until("it stands there", () => recorded("first").slice(before).endsWith("\u001b[201~"));
    seen = recorded("first").slice(before);
    return "a question is open";
  });
  expect(result).toEqual({ status: "held", reason: "a question is open" });
  await terminal.key("ctrl-d");
  await until("the next key came", () => recorded("first").slice(before).endsWith("\u0004"));
  expect([seen, recorded("first").slice(before)]).toEqual([
    "\u001b[200~hello\u001b[201~",
    "\u001b[200~hello\u001b[201~\u0004",
  ]);
});

test("a slash command is typed, not pasted", async () => {
  await terminal.type("/model opus;", "text");
  await got("/model opus;\r");
});

test("what could end the paste is taken out, and counted", async () => {
  expect(await terminal.type("a\u001b[201~rm -rf /\u0007", "text")).toEqual({ status: "typed", removed: 2 });
  await got("\u001b[200~a[201~rm -rf /\u001b[201~\r");
});

test("thirteen texts at once, into two panes, arrive whole and in order", async () => {
  const other = await tmux.addPane({ command: [process.execPath, PROGRAM, join(folder, "second")], cwd: folder });
  await other.shows("ready");
  const second = await terminalOf(other);
  const texts = Array.from({ length: 13 }, (_, index) => `text ${index}`);
  await Promise.all(texts.map((text, index) => (index % 2 === 0 ? terminal : second).type(text, "text")));

  const typed = (parity: number): string =>
    texts
      .filter((_, index) => index % 2 === parity)
      .map((text) => `\u001b[200~${text}\u001b[201~\r`)
      .join("");
  await until(
    "both have it all",
    () => recorded("first").length - before + recorded("second").length === typed(0).length + typed(1).length,
  );
  expect(recorded("first").slice(before)).toBe(typed(0));
  expect(recorded("second")).toBe(typed(1));
  await tmux.run(["kill-pane", "-t", other.id]);
});

test.each([
  ["escape", "\u001b"],
  ["up", "\u001b[A"],
  ["ctrl-c", "\u0003"],
  ["shift-tab", "\u001b[Z"],
])("the key %s is pressed", async (name, bytes) => {
  expect(await terminal.key(name)).toEqual({ status: "typed" });
  await until("it came", () => recorded("first").length >= before + bytes.length);
  expect(recorded("first").slice(before)).toBe(bytes);
});

test("an unknown key presses nothing", async () => {
  expect(await terminal.key("C-c; kill-server")).toMatchObject({ status: "failed" });
  expect(recorded("first").length).toBe(before);
});

test("a pane that somebody scrolls back in is typed into all the same", async () => {
  await tmux.run(["copy-mode", "-t", pane.id]);
  await terminal.type("hello", "text");
  await got("\u001b[200~hello\u001b[201~\r");
});

test("synchronized panes are held: the text would run in all of them", async () => {
  await tmux.run(["set-option", "-w", "-t", pane.id, "synchronize-panes", "on"]);
  expect(await terminal.type("hello", "text")).toMatchObject({ status: "held" });
  expect(await terminal.key("escape")).toMatchObject({ status: "held" });
  await tmux.run(["set-option", "-w", "-t", pane.id, "synchronize-panes", "off"]);
  expect(recorded("first").length).toBe(before);
});

test("the screen is its last lines that are not blank", async () => {
  const shown = await terminal.screen();
  const lines = shown.status === "screen" ? shown.text.split("\n") : [];
  expect(lines.at(-1)).toMatch(/bytes$/);
  expect(lines.length).toBeLessThanOrEqual(40);
});

test("a pane that is gone, or whose program ended, fails and is not alive", async () => {
  const short = await tmux.addPane({ command: ["sh", "-c", "read x"], cwd: folder });
  const ended = await terminalOf(short);
  expect(await ended.key("enter")).toEqual({ status: "typed" });
  await until("the program ended", async () => (await ended.type("x", "text")).status === "failed");
  expect(ended.alive()).toBe(false);

  const socket = await tmux.run(["display-message", "-p", "#{socket_path}"]);
  const never = new TmuxTerminal({ socket, pane: "%999" });
  expect(await never.type("x", "text")).toMatchObject({ status: "failed" });
  expect(await never.screen()).toMatchObject({ status: "failed" });
  expect(await new TmuxTerminal({ socket: "/nowhere/tmux", pane: "%0" }).key("enter")).toMatchObject({
    status: "failed",
  });
});

test.each([
  ["/tmp/tmux-0/default,1234,0", "%3", { socket: "/tmp/tmux-0/default", pane: "%3" }],
  ["/tmp/a,b/default,1234,0", "%3", { socket: "/tmp/a,b/default", pane: "%3" }],
  ["/tmp/tmux-0/default,1234,0", "3", undefined],
  ["/tmp/tmux-0/default,1234,0", "%3;kill-server", undefined],
  ["default,1,0", "%3", undefined],
  [undefined, "%3", undefined],
  ["/tmp/tmux-0/default,1234,0", undefined, undefined],
])("TMUX %j and TMUX_PANE %j name %o", (variable, id, place) => {
  expect(tmuxPane(variable, id)).toEqual(place);
});
