import { describe, expect, test } from "vitest";
import { layOut, notify } from "../../agent/commands/notify.ts";
import { UsageError } from "../../agent/commands/usage.ts";
import { type AgentHome, TestTerminal, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { containing, matching } from "./matchers.ts";
import { type StandInRouter, type Call } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

function sent(): unknown[] {
  return router.bodies("/notifications/send");
}

const INSIDE = { env: { CCR_SESSION: "s1" } };

test("inside a session it is of that session, with its buttons", async () => {
  await home.online();
  await TestTerminal.attach(home, "s1");
  const args = [
    "notify",
    "--button",
    "Yes=yes",
    "--button",
    "No=no",
    "--button",
    "Set x=y=2",
    "--sign",
    "question",
    "--silent",
    "--markdown",
    "Deploy?",
  ];
  expect(await home.run(args, INSIDE)).toEqual({ status: 0, stdout: "", stderr: "" });
  await until("the notification", () => sent().length === 1);
  expect(sent()[0]).toEqual({
    sessionId: "s1",
    text: "Deploy?",
    format: "markdown",
    silent: true,
    sign: "question",
    id: matching(/^[0-9a-f-]{36}$/),
    replyMarkup: {
      inline_keyboard: [
        [
          { text: "Yes", callback_data: "cmd:TOKEN:yes" },
          { text: "No", callback_data: "cmd:TOKEN:no" },
          { text: "Set x", callback_data: "cmd:TOKEN:y=2" },
        ],
      ],
    },
  });
});

test("- reads the text from the standard input", async () => {
  await home.online();
  await TestTerminal.attach(home, "s1");
  await home.run(["notify", "--session", "s1", "-"], { input: "line 1\nline 2\n" });
  await until("the notification", () => sent().length === 1);
  expect(sent()[0]).toMatchObject({ text: "line 1\nline 2" });
});

test("without a daemon it fails and says what to do", async () => {
  expect(await home.run(["notify", "hello"], INSIDE)).toMatchObject({
    status: 1,
    stderr: containing("ccr-agent start"),
  });
});

test("of a session that does not run here it fails and says what to do", async () => {
  await home.online();
  expect(await home.run(["notify", "hello"], INSIDE)).toMatchObject({
    status: 1,
    stderr: containing("ccr-agent status"),
  });
});

test.each([
  [["hello"], "--session"],
  [["--session", "s1"], "TEXT"],
  [["--session", "s1", "two", "words"], "quotes"],
  [["--session", "no spaces", "x"], "session id"],
  [["--session", "s1", "--button", "Yes", "x"], "LABEL=ACTION"],
  [["--session", "s1", "--button", "=yes", "x"], "LABEL=ACTION"],
  [["--session", "s1", "--button", "Yes=", "x"], "LABEL=ACTION"],
  [["--session", "s1", "--button", "All=!cancel", "x"], "router's own"],
  [["--session", "s1", "--button", "Ask=?n.1", "x"], "question"],
  [["--session", "s1", "--button", `Long=${"x".repeat(32)}`, "x"], "31 bytes"],
  [["--session", "s1", ""], "length"],
])("%j is wrong usage: %s", async (args, words) => {
  await expect(notify(args, home.env)).rejects.toThrow(UsageError);
  await expect(notify(args, home.env)).rejects.toThrow(words);
});

test("a text over 256 KB is refused, and harms nothing", async () => {
  await home.online();
  await TestTerminal.attach(home, "s1");
  expect(await home.run(["notify", "-"], { ...INSIDE, input: "x".repeat(300_000) })).toMatchObject({
    status: 1,
    stderr: containing("256 KB"),
  });
  expect(await home.run(["notify", "short"], INSIDE)).toMatchObject({ status: 0 });
});

describe("the outbox", () => {
  const failing = (path: string, status: number, times: number) => {
    let left = times;
    return (call: Call) => {
      if (call.path !== path || left === 0) return undefined;
      left -= 1;
      return { status, body: { error: "not now" } };
    };
  };

  test.each([429, 503])("sends again after %i, with the same id and in order", async (status) => {
    await home.online();
    await TestTerminal.attach(home, "s1");
    router.answer = failing("/notifications/send", status, 2);
    await home.run(["notify", "one"], INSIDE);
    await home.run(["notify", "two"], INSIDE);
    await until("both", () => sent().length === 4);
    expect(sent()).toMatchObject([{ text: "one" }, { text: "one" }, { text: "one" }, { text: "two" }]);
    expect(sent()[1]).toEqual(sent()[0]);
  });

  test("honours Retry-After", async () => {
    await home.online();
    await TestTerminal.attach(home, "s1");
    let first = true;
    router.answer = (call) => {
      if (call.path !== "/notifications/send" || !first) return undefined;
      first = false;
      return { status: 429, headers: { "retry-after": "2" } };
    };
    await home.run(["notify", "one"], INSIDE);
    await until("the second try", () => sent().length === 2);
    const [before, after] = router.calls.filter((call) => call.path === "/notifications/send");
    expect((after?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThanOrEqual(1_990);
  });

  test("goes on after what is refused for good", async () => {
    await home.online();
    await TestTerminal.attach(home, "s1");
    router.answer = failing("/notifications/send", 410, 1);
    await home.run(["notify", "one"], INSIDE);
    await home.run(["notify", "two"], INSIDE);
    await until("both", () => sent().length === 2);
    expect(sent()).toMatchObject([{ text: "one" }, { text: "two" }]);
  });

  test("registers again a session that the router does not know, then sends", async () => {
    await home.online();
    await TestTerminal.attach(home, "s1");
    await until("the first registration", () => router.calls.length === 1);
    router.answer = failing("/notifications/send", 404, 1);
    await home.run(["notify", "hello"], INSIDE);
    await until("all calls", () => router.calls.length === 4);
    expect(router.calls.map((call) => call.path)).toEqual([
      "/sessions/register",
      "/notifications/send",
      "/sessions/register",
      "/notifications/send",
    ]);
  });

  test("survives kill -9, and what a session said last reaches a router that had forgotten it", async () => {
    const agent = await home.online();
    const terminal = await TestTerminal.attach(home, "s1");
    await until("the registration", () => router.calls.length === 1);
    router.answer = () => ({ status: 500 });
    await home.run(["notify", "last words"], INSIDE);
    terminal.client.send({ type: "detach", sessionId: "s1", reason: "exited" });
    await agent.says("session s1 ended");
    await agent.kill("SIGKILL");
    const before = router.calls.length;
    router.answer = failing("/notifications/send", 404, 1);
    await home.online();
    await until("all calls", () => router.calls.length === before + 4);
    expect(router.calls.slice(before).map((call) => call.path)).toEqual([
      "/notifications/send",
      "/sessions/register",
      "/notifications/send",
      "/sessions/unregister",
    ]);
  });

  test.each([401, 403])("uses a key that was rotated meanwhile (%i)", async (status) => {
    await home.online();
    await TestTerminal.attach(home, "s1");
    await until("the registration", () => router.calls.length === 1);
    home.configure(router.url);
    const old = router.calls[0]?.authorization;
    router.answer = (call) => (call.authorization === old ? { status, body: { error: "no" } } : undefined);
    await home.run(["notify", "hello"], INSIDE);
    await until("the second try", () => sent().length === 2);
    expect(router.calls.at(-1)?.authorization).not.toBe(old);
  });
});

test("buttons stand in rows that a phone can show", () => {
  const rows = layOut(
    ["Yes", "No", "Always", "Later", "A label that is as long as a line"].map((text) => ({
      text,
      callback_data: "cmd:TOKEN:x",
    })),
  );
  expect(rows.map((row) => row.map((button) => button.text))).toEqual([
    ["Yes", "No", "Always"],
    ["Later"],
    ["A label that is as long as a line"],
  ]);
});
