import { type ChildProcess, spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import * as fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { launcherPaths, writeLauncher } from "../../agent/claude/launcher.ts";
import { LINE_BYTES } from "../../agent/control/messages.ts";
import { FUZZ_WITHIN_MS } from "../mutations.ts";
import { type AgentHome, type AgentProcess, TestTerminal, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { expectAllWell } from "./security-calm.ts";
import { HOOK_EVENTS } from "./security-hook-events.ts";
import type { StandInRouter } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;
let agent: AgentProcess;
let terminal: TestTerminal;

homeForEach((...made) => ([router, home] = made));

beforeEach(async () => {
  writeLauncher(launcherPaths(home.env), process.execPath);
  agent = await home.online();
  terminal = await TestTerminal.attach(home, "s1");
});

type Ended = { code: number | null; stdout: string; stderr: string };
const SILENT: Ended = { code: 0, stdout: "", stderr: "" };

/** The launcher, as Claude Code calls it, and the hook behind it: given these bytes on their standard input. */
function hook(input: Uint8Array | string, event = "PermissionRequest"): { child: ChildProcess; ended: Promise<Ended> } {
  const env = { ...home.env, CLAUDE_CODE_ENTRYPOINT: "cli", TMUX: "/nowhere/tmux,1,0", TMUX_PANE: "%0" };
  const child = spawn(launcherPaths(home.env).launcher, [event], { env });
  // It may leave before it has read everything.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const all = Promise.all([code, buffer(child.stdout), buffer(child.stderr)]);
  const ended = all.then(([status, out, err]) => ({ code: status, stdout: out.toString(), stderr: err.toString() }));
  return { child, ended };
}

const CLAUDE = { session_id: "c1", cwd: "/tmp", hook_event_name: "PermissionRequest", tool_name: "Bash" };
const PERMISSION = JSON.stringify({ ...CLAUDE, tool_input: { command: "COMMAND" } });

/** The same with these bytes for the command. */
function permission(command: Uint8Array | string): Buffer {
  const [before = "", after = ""] = PERMISSION.split("COMMAND");
  return Buffer.concat([Buffer.from(before), Buffer.from(command), Buffer.from(after)]);
}

function nested(depth: number): string {
  return PERMISSION.replace('"COMMAND"', `${"[".repeat(depth)}${"]".repeat(depth)}`);
}

const NONSENSE: Readonly<Record<string, Uint8Array | string>> = {
  nothing: "",
  "no JSON": "\u0000\u001b[201~\rrm -rf ~\r",
  "half of an event": PERMISSION.slice(0, -3),
  "two events": `${PERMISSION}\n${PERMISSION}`,
  "no object": '["PermissionRequest"]',
  "an event without what it is about": '{"hook_event_name":"PermissionRequest"}',
  "bytes that are no UTF-8": Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  "32 MB that are no JSON": Buffer.alloc(32 * 1024 * 1024, "x"),
  "many short members, which cannot be shortened": JSON.stringify(Array.from({ length: LINE_BYTES }, () => 0)),
  "brackets that are never closed": "[".repeat(1e6),
  "an event of a million levels": nested(1e6),
};

test("a hook that is given what is no event is silent, and the daemon goes on", async () => {
  for (const [what, input] of Object.entries(NONSENSE)) expect([what, await hook(input).ended]).toEqual([what, SILENT]);
  await expectAllWell(agent, router, terminal);
});

const ODD_EVENTS: Readonly<Record<string, Uint8Array | string>> = {
  "bytes that are no UTF-8": permission(new Uint8Array([0x72, 0x6d, 0xc3, 0x28, 0xff])),
  "halves of characters": permission(String.raw`\ud800 \u0000 \u001b[201~`),
  "a command of 8 MB": permission("x".repeat(32 * LINE_BYTES)),
  "a hundred levels": nested(100),
};

test("a hook whose event holds odd things asks the phone, and is silent until it is answered", async () => {
  let asked = 0;
  for (const [what, input] of Object.entries(ODD_EVENTS)) {
    const asking = hook(input);
    asked += 1;
    await until(`${what}: it is asked`, () => router.bodies("/notifications/send").length === asked);
    // As Claude Code does once the dialog is answered at the terminal.
    asking.child.kill("SIGTERM");
    expect([what, await asking.ended]).toEqual([what, SILENT]);
  }
  await expectAllWell(agent, router, terminal);
});

/** Events that nobody is asked about: the hook waits for the daemon's word all the same, and ends with it. */
const HEARD = HOOK_EVENTS.filter(
  ({ hook_event_name: event }) => !["PermissionRequest", "PreToolUse", "UserPromptExpansion"].includes(event),
);

/** An event with some of its bytes cut out and others put in, or cut off there. */
const GARBLED: fc.Arbitrary<Buffer> = fc
  .record({
    event: fc.constantFrom(...HEARD),
    at: fc.nat(),
    length: fc.oneof(fc.nat({ max: 20 }), fc.constant(Infinity)),
    instead: fc.uint8Array({ maxLength: 8 }),
  })
  .map(({ event, at, length, instead }) => {
    const bytes = Buffer.from(JSON.stringify(event));
    const from = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, from), instead, bytes.subarray(from + length)]);
  });

test(
  "whatever bytes a hook of Claude Code is given, it is silent, and the daemon goes on",
  async () => {
    const inputs = fc.array(fc.oneof({ weight: 4, arbitrary: GARBLED }, fc.uint8Array()), {
      minLength: 4,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(inputs, async (all) => {
        const ended = await Promise.all(all.map((input) => hook(input).ended));
        expect(ended).toEqual(all.map(() => SILENT));
      }),
      { numRuns: 6 },
    );
    await expectAllWell(agent, router, terminal);
  },
  FUZZ_WITHIN_MS,
);
