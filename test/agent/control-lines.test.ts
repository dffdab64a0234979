import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LineReader, toLine } from "../../agent/control/lines.ts";
import { LINE_BYTES, parseClientMessage, parseDaemonMessage } from "../../agent/control/messages.ts";
import { containing } from "./matching.ts";

test("lines are the same however the bytes are cut", () => {
  const lines = fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", "")));
  fc.assert(
    fc.property(lines, fc.array(fc.nat({ max: 40 })), (sent, cuts) => {
      const bytes = Buffer.from(sent.map((line) => `${line}\n`).join(""));
      const reader = new LineReader();
      const read: string[] = [];
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        read.push(...reader.push(bytes.subarray(from, from + cut)).lines);
        from += cut;
      }
      expect(read).toEqual(sent);
    }),
  );
});

test("a line of 256 KB is read, a longer one is not, whether its end has come or not", () => {
  const longest = Buffer.concat([Buffer.alloc(LINE_BYTES - 1, "a"), Buffer.from("\n")]);
  const { lines, tooLong } = new LineReader().push(longest);
  expect({ lengths: lines.map(({ length }) => length), tooLong }).toEqual({
    lengths: [LINE_BYTES - 1],
    tooLong: false,
  });
  expect(new LineReader().push(Buffer.concat([Buffer.from("a"), longest]))).toEqual({ lines: [], tooLong: true });
  const reader = new LineReader();
  expect(reader.push(longest.subarray(0, LINE_BYTES - 1)).tooLong).toBe(false);
  expect(reader.push(Buffer.from("a")).tooLong).toBe(true);
});

test("a message that is too long becomes no line", () => {
  expect(toLine({ type: "done" })).toBe('{"type":"done"}\n');
  expect(toLine({ text: "ä".repeat(LINE_BYTES / 2) })).toBeUndefined();
});

const attach = { type: "attach", sessionId: "s1", label: "api (main)", program: "claude", pid: 7, claim: 0 };
const done = { type: "done", requestId: "r1" };

test.each([
  attach,
  { type: "detach", sessionId: "s1", reason: "exited" },
  { type: "notify", requestId: "r1", notification: { sessionId: "s1", text: "done" } },
  { type: "status", requestId: "r1" },
  { ...done, status: "typed" },
  { ...done, status: "typed", removed: 3 },
  { ...done, status: "screen", text: "$" },
  { ...done, status: "failed", reason: "no" },
  { ...done, status: "held", reason: "later" },
])("a client may say %j", (message) => {
  expect(parseClientMessage(JSON.stringify(message))).toEqual({ status: "frame", frame: message });
});

test.each([
  { type: "attached", sessionId: "s1" },
  { type: "type", requestId: "r1", text: "hello", kind: "text" },
  { type: "key", requestId: "r1", key: "escape" },
  { type: "screen", requestId: "r1" },
  { type: "notified", requestId: "r1" },
  { type: "status", requestId: "r1", status: { online: true } },
  { type: "error", requestId: "r1", error: "no" },
  { type: "error", error: "no" },
])("the daemon may say %j", (message) => {
  expect(parseDaemonMessage(JSON.stringify(message))).toEqual({ status: "frame", frame: message });
});

test.each([
  ["", "malformed"],
  ["[]", "malformed"],
  ["null", "malformed"],
  ['{"type":7}', "malformed"],
  [JSON.stringify({ ...attach, pid: -1 }), "malformed"],
  [JSON.stringify({ ...attach, sessionId: "../x" }), "malformed"],
  [JSON.stringify({ ...done, status: "thrown" }), "malformed"],
  ['{"type":"of a later version"}', "ignored"],
])("%s is %s", (line, status) => {
  expect(parseClientMessage(line).status).toBe(status);
});

test("what is malformed names its request, so that it can be answered", () => {
  expect(parseClientMessage('{"type":"notify","requestId":"r1","notification":{}}')).toMatchObject({
    status: "malformed",
    id: "r1",
    reason: containing("notify: "),
  });
});
