import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../agent/until.ts";
import { DemoProcess, PageFeed, stillRunning } from "./demo-process.ts";

let folder: string;
let demo: DemoProcess;

function startDemo(): DemoProcess {
  return new DemoProcess("--folder", folder, "--port", "0");
}

/** What a process has just called may outlive it by a moment. */
async function allEnd(processes: readonly number[]): Promise<void> {
  await until("every process to end", () => stillRunning(processes).length === 0, {
    details: () => `left: ${stillRunning(processes).join(", ")}`,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ccr-"));
  demo = startDemo();
});
afterAll(async () => {
  await demo.kill();
  await rm(folder, { recursive: true });
});

describe("`npm start`", () => {
  test("pairs two machines through the chat, and their programs say hello there", async () => {
    const feed = await PageFeed.open(await demo.url());
    for (const machine of ["devbox", "macbook"]) {
      const hello = await feed.message(machine, `I am up on ${machine}`);
      expect(hello.keyboard.flat()).not.toHaveLength(0);
      expect(feed.messages.some(({ mine, text }) => mine && text === `/pair ${machine}`)).toBe(true);
      expect(feed.power(machine)).toBe("awake");
    }
    feed.close();
  });

  test("a second start from the same folder is refused with what to do", async () => {
    await demo.url();
    const second = startDemo();
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(`runs already from ${folder}`);
    expect(second.output).toContain("--folder");
  });

  test("a machine that was unpaired says so when it is woken, and comes back by /pair", async () => {
    const feed = await PageFeed.open(await demo.url());
    await feed.message("devbox", "I am up on devbox");
    feed.say({ type: "send", text: "/unpair devbox" });
    await feed.waitFor("devbox to fall asleep", () => feed.power("devbox") === "asleep");
    feed.say({ type: "power", machine: "devbox", awake: true });
    await feed.waitFor("the reason", () => feed.toasts.find((text) => text.includes("/pair devbox")));
    feed.say({ type: "send", text: "/pair devbox" });
    await feed.waitFor("devbox to wake", () => feed.power("devbox") === "awake");
    // What the terminal has to say arrives after its session is registered again.
    feed.say({ type: "key", machine: "devbox", data: "hello\r" });
    const greeting = await feed.message("devbox", "Hello!");
    feed.say({ type: "send", text: "paired again", replyTo: greeting.id });
    await feed.message("devbox", "Done: paired again");
    feed.close();
  });

  test("a program that ended starts again with Enter", async () => {
    const feed = await PageFeed.open(await demo.url());
    const hello = await feed.message("macbook", "I am up on macbook");
    feed.say({ type: "send", text: "/exit", replyTo: hello.id });
    await feed.waitFor("the end of the program", () =>
      feed.screen("macbook").includes("Press Enter to start it again"),
    );
    feed.say({ type: "key", machine: "macbook", data: "\r" });
    const again = await feed.waitFor("a second hello", () =>
      feed.messages.find(({ id, machine, text }) => id > hello.id && machine === "macbook" && text.includes("I am up")),
    );
    feed.say({ type: "send", text: "hello again", replyTo: again.id });
    await feed.message("macbook", "Hello!");
    feed.close();
  });

  test("Ctrl-C ends every process; the next start knows the chat, and its old messages still reach the terminal", async () => {
    const before = await PageFeed.open(await demo.url());
    const hello = await before.message("devbox", "I am up on devbox");
    const pairings = before.messages.filter(({ text }) => text.startsWith("/pair")).length;
    before.close();
    const processes = demo.descendants();
    expect(processes.length).toBeGreaterThan(5);
    expect(await demo.interrupt()).toBe(0);
    await allEnd(processes);

    demo = startDemo();
    const after = await PageFeed.open(await demo.url());
    await after.waitFor("devbox to be up again", () =>
      after.messages.find(({ id, machine, text }) => id > hello.id && machine === "devbox" && text.includes("I am up")),
    );
    after.say({ type: "send", text: "after the restart", replyTo: hello.id });
    await after.message("devbox", "Done: after the restart");
    expect(after.messages.filter(({ text }) => text.startsWith("/pair"))).toHaveLength(pairings);
    after.close();
  });

  test("no process is left behind where it is killed itself", async () => {
    await demo.url();
    const processes = demo.descendants();
    await demo.kill();
    await allEnd(processes);
  });

  test("an occupied port is named, with the remedy", async () => {
    const other = createServer();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const second = new DemoProcess("--folder", folder, "--port", String(port));
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(second.output).toContain(`--port ${port + 1}`);
    other.close();
  });
});
