import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processStart } from "../../agent/session/process.ts";
import { Registry } from "../../agent/session/registry.ts";
import type { SessionTerminal } from "../../agent/session/session-terminal.ts";
import { openDatabase, transaction } from "../../agent/store/database.ts";
import { type Place, type Session, SessionStore } from "../../agent/store/sessions.ts";

let folder: string;
let database: DatabaseSync;
let registry: Registry;
let told: string[];

function open(): void {
  registry = new Registry({
    store: new SessionStore(database),
    clock: { wall: () => 0, monotonic: () => 0 },
    transaction: (work) => transaction(database, work),
    register: ({ sessionId, lane }, replaces) => void told.push(`register ${sessionId} in ${lane} for ${replaces}`),
    ended: ({ sessionId }, reason) => {
      told.push(`end ${sessionId}: ${reason}`);
      return () => {};
    },
    changed: () => {},
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ccr-registry-"));
  database = openDatabase(join(folder, "agent.db"));
  told = [];
  open();
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function terminal(): SessionTerminal & { isGone: boolean } {
  return {
    isGone: false,
    type: async () => ({ status: "typed" }),
    key: async () => ({ status: "typed" }),
    screen: async () => ({ status: "screen", text: "" }),
    gone() {
      this.isGone = true;
    },
  };
}

function claude(sessionId: string, place: Place = { kind: "none" }, lane = sessionId): Session {
  const identity = { pid: process.pid, processStart: processStart(process.pid) ?? "" };
  const session = { sessionId, label: "api", program: "claude", startedAt: 0, lane, ...identity };
  return { ...session, claude: { place, notify: false, away: false, named: false, title: "", plain: false } };
}

function run(sessionId: string): SessionTerminal & { isGone: boolean } {
  const seat = terminal();
  const attach = { type: "attach", sessionId, program: "bash", pid: process.pid, claim: 0 } as const;
  expect(registry.attach(attach, seat)).toEqual({ status: "attached" });
  return seat;
}

test("a session that appeared by itself is here with its terminal, and nowhere without one", () => {
  const seat = terminal();
  registry.adopt(claude("s1", { kind: "tmux", socket: "/s", pane: "%1" }), seat);
  registry.adopt(claude("s2"), null);
  expect(registry.presence("s1")).toEqual({ at: "here", terminal: seat });
  expect(registry.presence("s2")).toEqual({ at: "nowhere" });
  expect(registry.presence("s3")).toEqual({ at: "unknown" });
});

test("after a restart it is known, and away until it has its seat again", () => {
  registry.adopt(claude("s1", { kind: "tmux", socket: "/s", pane: "%1" }), terminal());
  open();
  expect(registry.presence("s1")).toEqual({ at: "away" });
  const seat = terminal();
  registry.seat("s1", seat);
  expect(registry.presence("s1")).toEqual({ at: "here", terminal: seat });
  registry.seat("s1", null);
  expect(registry.presence("s1")).toEqual({ at: "away" });
});

test("one goes on for another in its lane, also after a restart; what types for it lives on", () => {
  const seat = terminal();
  const place = { kind: "tmux", socket: "/s", pane: "%1" } as const;
  const first = claude("s1", place);
  registry.adopt(first, seat);
  registry.succeed(first, claude("s2", place, "s1"), seat);
  expect(told).toEqual(["register s1 in s1 for undefined", "register s2 in s1 for s1"]);
  expect(registry.presence("s1")).toEqual({ at: "unknown" });
  expect(registry.presence("s2")).toEqual({ at: "here", terminal: seat });
  expect(seat.isGone).toBe(false);
  open();
  expect(registry.all()).toMatchObject([{ sessionId: "s2", lane: "s1" }]);
});

test("whoever runs in the terminal of a run decides what is typed there, as long as it is there", () => {
  const outer = run("the-run");
  const guest = terminal();
  registry.host("the-run", guest);
  expect(registry.presence("the-run")).toEqual({ at: "here", terminal: guest });
  // What the guest itself types through.
  expect(registry.terminal("the-run")).toBe(outer);
  registry.leave(guest);
  expect(registry.presence("the-run")).toEqual({ at: "here", terminal: outer });
});

test("a session whose process is gone is swept, one without a terminal is not", () => {
  registry.adopt({ ...claude("gone"), processStart: "another" }, terminal());
  registry.adopt(claude("nowhere"), null);
  registry.sweep();
  expect(registry.all().map(({ sessionId }) => sessionId)).toEqual(["nowhere"]);
  expect(told.at(-1)).toBe("end gone: gone");
});

test("a session that is over lets go of its terminal", () => {
  const seat = terminal();
  registry.adopt(claude("s1"), seat);
  registry.finish("s1", "exit");
  registry.finish("s1", "exit");
  expect(seat.isGone).toBe(true);
  expect(told.filter((one) => one.startsWith("end"))).toEqual(["end s1: exit"]);
});
