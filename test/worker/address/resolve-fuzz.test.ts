import * as fc from "fast-check";
import { expect, test } from "vitest";
import { resolve } from "../../../src/address/resolve.ts";
import { parseUpdate } from "../../../src/telegram/update.ts";
import { BOT, GROUP, headerEntity, message, press, sent, TOKEN, USER } from "./updates.ts";

const PIECES = [
  "/",
  "//",
  "/cmd",
  "/key",
  "/esc",
  "/start",
  "/pair",
  "@ccr_test_bot",
  "@other_bot",
  " ",
  "\n",
  TOKEN,
  "a",
  "😀",
  "\ud800",
];
const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string())).map((pieces) => pieces.join(""));
const chat = fc.constantFrom({ id: USER, type: "private" }, { id: GROUP, type: "supergroup" }, { id: 1, type: "?" });
const replied = fc.constantFrom(
  undefined,
  sent(),
  sent({ entities: undefined }),
  sent({ entities: [headerEntity({ url: undefined })] }),
);
const richText = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.array(tie("node")),
    fc.record({ type: fc.string(), text: tie("node") }),
  ),
})).node;

test("any JSON is an update or has an unknown shape, and is resolved without an exception", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const parsed = parseUpdate(json);
      if (parsed.status === "update") resolve(parsed.update, BOT);
    }),
  );
});

test("any text in any place is resolved, and no session but the addressed one is ever named", () => {
  fc.assert(
    fc.property(
      text,
      chat,
      replied,
      fc.constantFrom("message", "edited_message"),
      fc.boolean(),
      (words, where, reply, kind, caption) => {
        const content = caption ? { text: undefined, caption: words } : { text: words };
        const parsed = parseUpdate({
          update_id: 1,
          [kind]: message({ chat: where, reply_to_message: reply, ...content }),
        });
        if (parsed.status !== "update") throw new Error(parsed.reason);
        const meaning = resolve(parsed.update, BOT);
        expect("token" in meaning && !words.includes(meaning.token) && reply === undefined).toBe(false);
      },
    ),
  );
});

test("any callback data is resolved", () => {
  const data = fc.oneof(
    fc.string(),
    fc.string().map((action) => `cmd:${TOKEN}:${action}`),
  );
  fc.assert(
    fc.property(data, (sentData) => {
      const parsed = parseUpdate({ update_id: 1, ...press(sentData) });
      if (parsed.status !== "update") throw new Error(parsed.reason);
      expect(["press", "answerPress"]).toContain(resolve(parsed.update, BOT).kind);
    }),
  );
});

test("any rich message is resolved, however deep", () => {
  let deep: unknown = "a";
  for (let i = 0; i < 10_000; i++) deep = [deep];
  const blocks = fc.array(
    fc.record({
      type: fc.constantFrom("paragraph", "pre", "list", "table"),
      text: fc.oneof(richText, fc.constant(deep)),
    }),
  );
  fc.assert(
    fc.property(blocks, (given) => {
      const parsed = parseUpdate({
        update_id: 1,
        message: message({ text: undefined, rich_message: { blocks: given } }),
      });
      if (parsed.status === "update") resolve(parsed.update, BOT);
    }),
  );
});
