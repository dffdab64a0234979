import { describe, expect, test } from "vitest";
import { shownMessage } from "../../agent/demo/chat-view.ts";
import { fileSize } from "../../agent/demo/page/file-size.ts";
import { pairingLine } from "../../agent/demo/pairing.ts";
import type { StoredMessage } from "../../agent/demo/telegram/message.ts";

const BOT = { id: 7, is_bot: true, first_name: "Bot" };
const PERSON = { id: 1, is_bot: false, first_name: "You" };
const MACHINES = ["devbox", "macbook"];

function message(fields: Partial<StoredMessage>): StoredMessage {
  const chat = { id: 1, type: "private" as const, first_name: "You" };
  return { message_id: 1, from: BOT, chat, date: 1_700_000_000, text: "", reactions: [], silent: false, ...fields };
}

describe("a stored message, as the page shows it", () => {
  test("the header names the machine that a reply will reach", () => {
    expect(shownMessage(message({ text: "✅ devbox · api\nDone" }), MACHINES)).toMatchObject({
      mine: false,
      machine: "devbox",
    });
  });

  test("a machine named by a person, or below the header, says nothing", () => {
    expect(shownMessage(message({ from: PERSON, text: "devbox" }), MACHINES)).not.toHaveProperty("machine");
    expect(shownMessage(message({ text: "Hello\ndevbox" }), MACHINES)).not.toHaveProperty("machine");
  });

  test("a reply quotes the text without its header", () => {
    const replied = message({ text: "✅ macbook · site\nShall I?" });
    const shown = shownMessage(
      message({ from: PERSON, message_id: 2, text: "yes", reply_to_message: replied }),
      MACHINES,
    );
    expect(shown).toMatchObject({ mine: true, replyTo: { id: 1, machine: "macbook", text: "Shall I?" } });
  });

  test("keyboards keep their rows; a disabled button stays one", () => {
    const keyboard = {
      inline_keyboard: [[{ text: "Yes", callback_data: "cmd:T:yes" }], [{ text: "✓ No", disabled: {} }]],
    };
    expect(shownMessage(message({ reply_markup: keyboard }), MACHINES).keyboard).toEqual([
      [{ text: "Yes", data: "cmd:T:yes" }],
      [{ text: "✓ No", disabled: true }],
    ]);
  });

  test("a file has its name and size; its caption is the text, and names the machine", () => {
    const document = { file_id: "f1", file_unique_id: "u1", file_name: "question.md", file_size: 5_000 };
    const bold = { type: "bold", offset: 0, length: 1 };
    const { text: _, ...bare } = message({ document, caption: "❓ devbox · api\nMay I?", caption_entities: [bold] });
    expect(shownMessage(bare, MACHINES)).toMatchObject({
      text: "❓ devbox · api\nMay I?",
      entities: [bold],
      machine: "devbox",
      file: { id: "f1", name: "question.md", size: 5_000 },
    });
    const reply = message({ from: PERSON, message_id: 2, text: "yes", reply_to_message: bare });
    expect(shownMessage(reply, MACHINES).replyTo).toMatchObject({ machine: "devbox", text: "May I?" });
    const { caption: _caption, caption_entities: _entities, ...silent } = bare;
    expect(shownMessage({ ...reply, reply_to_message: silent }, MACHINES).replyTo?.text).toBe("📎 question.md");
  });

  test("edits and reactions are seen", () => {
    const shown = shownMessage(message({ edit_date: 1_700_000_001, reactions: ["👌"] }), MACHINES);
    expect(shown).toMatchObject({ edited: true, reactions: ["👌"] });
  });
});

test.each([
  [0, "0 bytes"],
  [1_023, "1023 bytes"],
  [1_024, "1 KB"],
  [42_300, "41.3 KB"],
  [2 * 1_024 * 1_024, "2 MB"],
])("a file of %i bytes is shown as %s", (bytes, shown) => {
  expect(fileSize(bytes)).toBe(shown);
});

describe("the line that the bot tells to paste", () => {
  test("is found in the middle of other words", () => {
    const text =
      "On devbox, paste:\nccr-agent pair http://127.0.0.1:8080 devbox-ABCD-EFGH\nIt is good for ten minutes.";
    expect(pairingLine(text)).toEqual({ url: "http://127.0.0.1:8080", code: "devbox-ABCD-EFGH" });
  });

  test("is nowhere else", () => {
    expect(pairingLine("devbox is paired.")).toBeUndefined();
  });
});
