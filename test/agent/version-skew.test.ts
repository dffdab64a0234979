import { expect, test } from "vitest";
import { PROTOCOL } from "../../src/protocol.ts";
import { type AgentHome, TestTerminal, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { type StandInRouter, textCommand } from "./stand-in-router.ts";

/** What a router of other versions says: its own words, see `agree` in src/machine/connection.ts. */
function notSpoken(router: string, update: string): string {
  return `this router speaks protocol ${router}, you ${PROTOCOL.min} to ${PROTOCOL.max}: update ${update}`;
}

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

test("an older router is waited for: it may be brought up to date at any time", async () => {
  router.welcomes = false;
  const agent = home.start();
  await until("the hello", () => router.peers[0]?.hello !== undefined);
  router.welcomes = true;
  router.peers[0]?.close(4002, notSpoken(`${PROTOCOL.min - 1} to ${PROTOCOL.min - 1}`, "the router"));
  await agent.says("the router is older than this agent");
  await agent.says("online: devbox");
});

test("for a newer router the agent stops, and says to a person what to update", async () => {
  router.welcomes = false;
  const agent = home.start();
  await until("the hello", () => router.peers[0]?.hello !== undefined);
  router.peers[0]?.close(4002, notSpoken(`${PROTOCOL.max + 1} to ${PROTOCOL.max + 2}`, "ccr-agent"));
  expect(await agent.exited).toBe(78);
  expect(agent.output).toContain("Update ccr-agent");
  const status = await home.run(["status"]);
  expect(status.stdout).toContain("Update ccr-agent");
  expect(router.upgrades).toBe(1);
});

test("what a newer router says besides harms nothing: frames of new types, and new fields in those that are known", async () => {
  router.welcomes = false;
  await Promise.all([
    home.online(),
    until("the hello", () => router.peers[0]?.hello !== undefined).then(() => {
      const [peer] = router.peers;
      peer?.sendText(JSON.stringify({ type: "greeting", words: ["hi"] }));
      peer?.sendText(JSON.stringify({ type: "welcome", protocol: 1, window: 16, motto: "new", features: { a: 1 } }));
    }),
  ]);
  const terminal = await TestTerminal.attach(home, "s1");
  router.peer.sendText(JSON.stringify({ type: "forecast", id: "AAAAAAAAAAAAAAAA.m7.9" }));
  router.peer.sendText(JSON.stringify({ ...textCommand(1, "s1", "make"), priority: 3, hints: { shell: "zsh" } }));
  await until("a result", () => router.peer.of("commandResult").length === 1);
  expect(terminal.typed).toEqual(["make"]);
  expect(router.peer.of("refused")).toEqual([]);
});

test("a kind of command that this agent lacks is refused by its id, and holds nothing up", async () => {
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  router.peer.sendText(JSON.stringify({ ...textCommand(1, "s1", "sing"), kind: "voice" }));
  router.peer.send(textCommand(2, "s1", "make"));
  await until("a result", () => router.peer.of("commandResult").length === 1);
  expect(router.peer.of("refused")).toMatchObject([{ id: textCommand(1, "s1", "").id }]);
  expect(terminal.typed).toEqual(["make"]);
});
