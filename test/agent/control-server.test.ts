import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { expect, test } from "vitest";
import { type AgentHome, TestTerminal, until } from "./agent-home.ts";
import { homeForEach } from "./home-for-each.ts";
import { containing } from "./matchers.ts";
import { type StandInRouter, textCommand } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

homeForEach((...made) => ([router, home] = made));

/** A client that says what it likes. */
class RawClient {
  heard = "";
  closed = false;
  readonly socket: Socket;

  constructor(path: string) {
    this.socket = createConnection({ path });
    this.socket.setEncoding("utf8");
    this.socket.on("data", (chunk: string) => {
      this.heard += chunk;
    });
    // A connection that is cut while it sends reports it here.
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.closed = true;
    });
  }

  async ask(line: string, answer: string): Promise<void> {
    this.socket.write(`${line}\n`);
    await until(`"${answer}" is heard; it was ${this.heard}`, () => this.heard.includes(answer));
  }
}

test("the socket and its folder are closed to others", async () => {
  await home.online();
  expect(statSync(home.socket).mode & 0o777).toBe(0o600);
  expect(statSync(home.stateFolder).mode & 0o777).toBe(0o700);
  for (const file of ["agent.db", "agent.db-wal", "agent.lock", "agent.pid"]) {
    expect([file, statSync(`${home.stateFolder}/${file}`).mode & 0o077]).toEqual([file, 0]);
  }
});

test("a line of a wrong shape gets an error, and its connection goes on", async () => {
  await home.online();
  const client = new RawClient(home.socket);
  await client.ask("not json", "one JSON object");
  await client.ask("[1]", "a type");
  await client.ask('{"type":"attach","sessionId":"s 1"}', "attach:");
  await client.ask('{"type":"notify","requestId":"r1","notification":{}}', '"requestId":"r1"');
  await client.ask('{"type":"detach","sessionId":"s1","reason":"x"}', "not the terminal of s1");
  await client.ask('{"type":"attach","sessionId":"s1","program":"sh","pid":4194305,"claim":0}', "no process");
  await client.ask('{"type":"status","requestId":"r2"}', '"state":"online"');
  expect(client.closed).toBe(false);
  client.socket.destroy();
});

test("a line over 256 KB is cut off with an error, and the others lose nothing", async () => {
  await home.online();
  const terminal = await TestTerminal.attach(home, "s1");
  const client = new RawClient(home.socket);
  client.socket.write("x".repeat(300_000));
  await until("the end", () => client.closed);
  expect(client.heard).toContain("256 KB");
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is typed", () => terminal.typed.length === 1);
});

test("a session that runs is not taken over by another process", async () => {
  await home.online();
  const sleeper = spawn("sleep", ["60"]);
  const first = await TestTerminal.attach(home, "s1");
  const second = await TestTerminal.attach(home, "s1", { pid: sleeper.pid ?? 0 });
  expect(second).toMatchObject({ attached: false, refused: containing("choose another") });
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is typed", () => first.typed.length === 1);
  sleeper.kill();
});

test("a name whose process is gone may be used again", async () => {
  await home.online();
  const sleeper = spawn("sleep", ["60"]);
  await TestTerminal.attach(home, "s1", { pid: sleeper.pid ?? 0 });
  const gone = new Promise((resolve) => sleeper.on("close", resolve));
  sleeper.kill();
  await gone;
  expect(await TestTerminal.attach(home, "s1")).toMatchObject({ attached: true });
});

test("the same program that attaches again takes over from its old connection", async () => {
  await home.online();
  const old = await TestTerminal.attach(home, "s1");
  const terminal = await TestTerminal.attach(home, "s1");
  old.client.destroy();
  router.peer.send(textCommand(1, "s1", "make"));
  await until("it is typed", () => terminal.typed.length === 1);
  expect(old.typed).toEqual([]);
});
