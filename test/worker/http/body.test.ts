import * as v from "valibot";
import { expect, test } from "vitest";
import { readBody, readJson } from "../../../src/http/body.ts";

const LIMIT = 1000;

function post(body: BodyInit | null, headers: Record<string, string> = {}): Request {
  return new Request("https://router.example/", { method: "POST", body, headers });
}

/** A body that comes in pieces and counts how many were asked for. */
function pieces(make: (i: number) => Uint8Array | undefined): {
  body: ReadableStream<Uint8Array>;
  asked: () => number;
} {
  let i = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = make(i++);
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
  return { body, asked: () => i };
}

test("a body of exactly the limit is read", async () => {
  const text = "é".repeat(LIMIT / 2);
  expect(await readBody(post(text), LIMIT)).toEqual({ status: "body", text });
});

test("a missing body is an empty one", async () => {
  expect(await readBody(post(null), LIMIT)).toEqual({ status: "body", text: "" });
});

test("one byte more than the limit is too large", async () => {
  expect(await readBody(post("é".repeat(LIMIT / 2) + "a"), LIMIT)).toEqual({ status: "too-large" });
});

test("a body that says it is too large is refused before it is read", async () => {
  const { body, asked } = pieces(() => new Uint8Array(10));
  const result = await readBody(post(body, { "content-length": String(LIMIT + 1) }), LIMIT);
  expect(result).toEqual({ status: "too-large" });
  expect(asked()).toBeLessThan(3);
});

test("a body without an end is given up at the limit, whatever length it claims", async () => {
  const { body, asked } = pieces(() => new Uint8Array(100).fill(97));
  expect(await readBody(post(body, { "content-length": "5" }), LIMIT)).toEqual({ status: "too-large" });
  expect(asked()).toBeLessThan(20);
});

test("a character that comes in two pieces is read whole", async () => {
  const bytes = new TextEncoder().encode("a😀b");
  const { body } = pieces((i) => (i < bytes.length ? bytes.slice(i, i + 1) : undefined));
  expect(await readBody(post(body), LIMIT)).toEqual({ status: "body", text: "a😀b" });
});

test.each([[[0xff, 0xfe]], [[0x61, 0xf0, 0x9f]]])("bytes that are not UTF-8 are told: %j", async (bytes) => {
  expect(await readBody(post(new Uint8Array(bytes)), LIMIT)).toEqual({ status: "not-utf8" });
});

const Pairing = v.object({ code: v.pipe(v.string(), v.regex(/^\d+$/, "a code is a number")), name: v.string() });

test("JSON of the right shape is a value", async () => {
  const body = post('{"code":"12","name":"a"}');
  expect(await readJson(body, LIMIT, Pairing)).toEqual({ status: "ok", value: { code: "12", name: "a" } });
});

test.each([
  ["no JSON", "{code", "the body is not JSON"],
  ["nothing", "", "the body is not JSON"],
  ["another type", "3", "it is not Object"],
  ["a missing field", '{"code":"12"}', "name is missing"],
  ["a wrong field", '{"code":12,"name":"canary"}', "code is not string"],
  ["a field that breaks a rule", '{"code":"canary","name":"a"}', "code: a code is a number"],
])("%s is told without repeating what was sent", async (_, text, reason) => {
  expect(await readJson(post(text), LIMIT, Pairing)).toEqual({ status: "invalid", reason });
});

test("JSON that is too large or not UTF-8 is told", async () => {
  expect(await readJson(post(" ".repeat(LIMIT + 1)), LIMIT, Pairing)).toEqual({
    status: "too-large",
    reason: "a body has at most 1000 bytes",
  });
  expect(await readJson(post(new Uint8Array([0xff])), LIMIT, Pairing)).toEqual({
    status: "invalid",
    reason: "the body is not UTF-8",
  });
});
