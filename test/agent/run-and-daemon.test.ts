import { resolve } from "node:path";
import { expect, test } from "vitest";
import { type AgentHome, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { Desk } from "./run-harness.ts";
import { type StandInRouter, textCommand } from "./stand-in-router.ts";

const MAIN = resolve(import.meta.dirname, "../../agent/main.ts");

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

function results(): unknown[] {
  return router.peers.flatMap((peer) => peer.of("commandResult")).map(({ outcome }) => outcome);
}

function runShell(): Desk {
  const args = [MAIN, "run", "--session", "s1", "--label", "api", "--", "bash", "--norc", "--noprofile"];
  return new Desk(process.execPath, args, { ...home.env, PS1: "desk> ", CCR_MACHINE_KEY: "not for children" });
}

test("a command is typed into the program, which notifies from within; its end unregisters the session", async () => {
  await home.online();
  const desk = runShell();
  await desk.shows("desk> ");
  await until("the session is registered", () => router.bodies("/sessions/register").length === 1);
  router.peer.send(textCommand(1, "s1", `echo "key: [$CCR_MACHINE_KEY]"`));
  await desk.shows("key: []");
  router.peer.send(textCommand(2, "s1", `${process.execPath} ${MAIN} notify --button Again=yes "Built $((40+2))"`));
  await until("the notification", () => router.bodies("/notifications/send").length === 1);
  expect(router.bodies("/notifications/send")[0]).toMatchObject({
    sessionId: "s1",
    text: "Built 42",
    replyMarkup: { inline_keyboard: [[{ text: "Again", callback_data: "cmd:TOKEN:yes" }]] },
  });
  router.peer.send(textCommand(3, "s1", "exit 7"));
  expect((await desk.ended).exitCode).toBe(7);
  await until("the unregister", () => router.bodies("/sessions/unregister").length === 1);
  expect(results().slice(0, 2)).toEqual(["typed", "typed"]);
});

test("the program and its session outlive the daemon", async () => {
  const first = await home.online();
  const desk = runShell();
  await desk.shows("desk> ");
  await until("the session is registered", () => router.bodies("/sessions/register").length === 1);
  await first.kill("SIGKILL");
  const second = await home.online();
  expect(router.peer.hello?.sessions).toEqual(["s1"]);
  await second.says("terminal of s1 is here");
  router.peer.send(textCommand(1, "s1", "echo still $((40+2))"));
  await desk.shows("still 42");
  await until("the result", () => results().length === 1);
  expect(router.bodies("/sessions/unregister")).toEqual([]);
});
