import { runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import { machineObject } from "./support/objects.ts";
import { say, talkOn } from "./support/talk.ts";

/** Writes down, from now on, which rows a machine's object marks as sent, and which commands it sends. */
async function watched(machineId: string): Promise<string[]> {
  const seen: string[] = [];
  await runInDurableObject(machineObject(machineId), (_, { storage: { sql } }) => {
    const exec = sql.exec.bind(sql);
    Object.defineProperty(sql, "exec", {
      configurable: true,
      value: (statement: string, ...values: SqlStorageValue[]) => {
        if (statement.includes("SET sent_on")) seen.push(`marked ${JSON.stringify(values)}`);
        return exec(statement, ...values);
      },
    });
  });
  // Called with their socket as `this`, as before.
  // oxlint-disable-next-line typescript/unbound-method
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function watchedSend(this: WebSocket, frame: string) {
    const id = /"type":"command","id":"([^"]+)"/.exec(frame)?.[1];
    if (id !== undefined) seen.push(`sent ${id}`);
    send.call(this, frame);
  };
  onTestFinished(() => void (WebSocket.prototype.send = send));
  return seen;
}

test("what goes out of the queue is marked as sent before it leaves, as the window opens too", async () => {
  const talk = await talkOn("marker", "s-marker");
  const hello = await talk.hear("Ready.");
  for (let n = 0; n < 18; n++) await say(`step ${n}`, talk.chatId, hello.message_id);
  const seen = await watched("marker");
  const socket = await talk.machine.connect({ sessions: ["s-marker"] });
  await socket.hasTexts(16);
  for (const command of socket.commands().slice(0, 2)) socket.journal(command);
  await socket.hasTexts(18);
  for (const { id } of socket.commands()) {
    const left = seen.indexOf(`sent ${id}`);
    expect(left, `${id} was sent`).toBeGreaterThan(-1);
    expect(
      seen.slice(0, left).some((line) => line.startsWith("marked") && line.includes(id)),
      `${id} was marked before that`,
    ).toBe(true);
  }
});
