import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ttyOf } from "../../../agent/session/foreground.ts";
import type { SessionTerminal } from "../../../agent/session/session-terminal.ts";
import { isTypable } from "../../../agent/store/sessions.ts";
import { Pty } from "../../../agent/terminal/pty.ts";
import { until } from "../agent-home.ts";
import { MachineOfClaude } from "./machine-of-claude.ts";

let machine: MachineOfClaude;
let pty: Pty;

const TERMINAL: SessionTerminal = {
  type: async () => ({ status: "typed" }),
  key: async () => ({ status: "typed" }),
  screen: async () => ({ status: "screen", text: "" }),
  gone: () => {},
};

const ENV = { CCR_SESSION: "the-run" };

/** Claude Code starts in a terminal of `run` that is not attached yet, so it is found nowhere. */
beforeEach(async () => {
  machine = new MachineOfClaude();
  pty = new Pty({ file: "/bin/sleep", args: ["60"], environment: {}, size: { columns: 80, rows: 24 } });
  onTestFinished(async () => {
    pty.signal("SIGKILL");
    await pty.exited;
  });
  await until("it has its terminal", () => ttyOf(pty.pid) === pty.path);
  await tells({ hook_event_name: "SessionStart", source: "startup" });
});

async function tells(event: Readonly<Record<string, unknown>>): Promise<void> {
  await machine.tells(pty.pid, { session_id: "s1", ...event }, ENV);
}

function where(): string {
  return machine.sessions.presence("s1").at;
}

function attaches(): void {
  machine.registry.attach({ type: "attach", sessionId: "the-run", program: "sh", pid: pty.pid, claim: 0 }, TERMINAL);
}

test("when the terminal of its run comes, the session is found in it at once", async () => {
  expect(where()).toBe("nowhere");
  attaches();
  machine.sessions.runChanged("the-run");
  await until("it is found", () => machine.registry.presence("s1").at === "here");
  expect(machine.registry.get("s1")?.claude?.place).toEqual({ kind: "run", sessionId: "the-run" });
  // The run itself is registered, too.
  const told = machine.registered.filter(({ sessionId }) => sessionId === "s1");
  expect(told.map(isTypable)).toEqual([false, true]);
});

test("with its next event it is looked for again", async () => {
  attaches();
  machine.now += 5_000;
  await tells({ hook_event_name: "Notification", message: "", notification_type: "idle_prompt" });
  await until("it is found", () => machine.registry.presence("s1").at === "here");
});

test("when something is to be typed it is looked for again, not more often than every five seconds", async () => {
  machine.now += 4_999;
  expect(where()).toBe("nowhere");
  machine.now += 1;
  expect([where(), where()]).toEqual(["sought", "sought"]);
  const before = machine.changed.length;
  await until("what waits hears that it is not there", () => machine.changed.length > before);
  expect(where()).toBe("nowhere");
  attaches();
  machine.now += 5_000;
  expect(where()).toBe("sought");
  await until("it is found", () => where() === "here");
});
