import { describe, expect, test } from "vitest";
import { headerLink } from "../../../src/address/reply-token.ts";
import {
  BOT,
  GROUP,
  groupMessage,
  HEADER,
  headerEntity,
  HELP,
  link,
  message,
  MESSAGE,
  OTHER_TOKEN,
  reply,
  REPLY,
  replyTo,
  resolved,
  sent,
  SILENCE,
  TOKEN,
  TYPED,
  USER,
  type Row,
} from "./updates.ts";

/** What a forum puts into every message that is no reply. */
const TOPIC = {
  message_id: 9,
  date: 1,
  chat: { id: GROUP, type: "supergroup" },
  from: { id: BOT.id },
  forum_topic_created: { name: "api" },
};

/** A message that the bot sent with a file; its caption is yet to be added. */
const FILE = {
  text: undefined,
  entities: undefined,
  document: { file_id: "1", file_unique_id: "1", file_name: "question.md", file_size: 9_000 },
};
const ITALIC = { type: "italic", offset: HEADER.length + 1, length: 6 };

const REPLIES: Row[] = [
  ["a reply to a session's message", { message: reply("run the tests") }, { ...REPLY, intent: TYPED }],
  [
    "a reply in a group",
    { message: groupMessage({ reply_to_message: sent() }) },
    { ...REPLY, name: `m${GROUP}.${MESSAGE}`, chatId: GROUP, intent: TYPED },
  ],
  [
    "a reply to a picture with a header in its caption",
    replyTo({ text: undefined, entities: undefined, caption: HEADER, caption_entities: [headerEntity()] }),
    { ...REPLY, intent: TYPED },
  ],
  [
    "a reply to a file with a header in its caption",
    replyTo({ ...FILE, caption: `${HEADER}\nMay I?`, caption_entities: [headerEntity(), ITALIC] }),
    { ...REPLY, intent: TYPED },
  ],
  [
    "a reply to a file whose caption quotes another header later on",
    replyTo({
      ...FILE,
      caption: `${HEADER}\n${HEADER}`,
      caption_entities: [
        headerEntity(),
        headerEntity({ offset: HEADER.length + 1, url: headerLink(BOT.username, OTHER_TOKEN) }),
      ],
    }),
    { ...REPLY, intent: TYPED },
  ],
  [
    "a reply to a message whose header is also bold",
    replyTo({ entities: [{ type: "bold", offset: 0, length: 4 }, headerEntity()] }),
    { ...REPLY, intent: TYPED },
  ],
  [
    "a reply that quotes a part",
    { message: reply("run the tests", { quote: { text: "Done", position: 24, is_manual: true } }) },
    { ...REPLY, intent: TYPED },
  ],
  [
    "a link that writes the bot's name in another case",
    link(headerLink("CCR_Test_Bot", TOKEN)),
    { ...REPLY, intent: TYPED },
  ],
  [
    "a reply in a topic",
    { message: groupMessage({ reply_to_message: sent(), message_thread_id: 9, is_topic_message: true }) },
    { ...REPLY, name: `m${GROUP}.${MESSAGE}`, chatId: GROUP, intent: TYPED },
  ],
  [
    "an answer with a forged header inside it",
    replyTo({
      text: `${HEADER}\n${HEADER}`,
      entities: [
        headerEntity(),
        headerEntity({ offset: HEADER.length + 1, url: headerLink(BOT.username, OTHER_TOKEN) }),
      ],
    }),
    { ...REPLY, intent: TYPED },
  ],
  [
    "a keyboard that names another session",
    replyTo({ reply_markup: { inline_keyboard: [[{ text: "x", callback_data: `cmd:${OTHER_TOKEN}:yes` }]] } }),
    { ...REPLY, intent: TYPED },
  ],
  [
    "a caption under the user's own picture",
    { message: reply("", { text: undefined, photo: [{}], caption: "like this" }) },
    { ...REPLY, attachment: true, intent: { type: "text", text: "like this" } },
  ],
  [
    "a rich message",
    {
      message: reply("", {
        text: undefined,
        rich_message: { blocks: [{ type: "paragraph", text: ["run ", { type: "bold", text: "the tests" }] }] },
      }),
    },
    { ...REPLY, intent: TYPED },
  ],
];

const NO_ADDRESS: Row[] = [
  [
    "a header link that stands one unit further on",
    replyTo({ text: ` ${HEADER}`, entities: [headerEntity({ offset: 1 })] }),
    HELP,
  ],
  [
    "a header link behind an emoji of two units",
    replyTo({ text: `😀${HEADER}`, entities: [headerEntity({ offset: 2 })] }),
    HELP,
  ],
  ["a header link of no length", replyTo({ entities: [headerEntity({ length: 0 })] }), HELP],
  [
    "a foreign link first, the header link second at offset 0",
    replyTo({ entities: [headerEntity({ url: "https://example.org" }), headerEntity()] }),
    HELP,
  ],
  [
    "the header link as plain text",
    replyTo({ text: headerLink(BOT.username, TOKEN), entities: [{ type: "url", offset: 0, length: 20 }] }),
    HELP,
  ],
  [
    "a header link in the user's own message",
    { message: reply("run the tests", { reply_to_message: sent({ from: { id: USER } }) }) },
    HELP,
  ],
  ["a header link in another bot's message", replyTo({ from: { id: 777, is_bot: true } }), HELP],
  ["a header link in a message of nobody", replyTo({ from: undefined }), HELP],
  [
    "a header link that stands one unit further on in a file's caption",
    replyTo({ ...FILE, caption: ` ${HEADER}`, caption_entities: [headerEntity({ offset: 1 })] }),
    HELP,
  ],
  [
    "a header link in the caption of another's file",
    replyTo({ ...FILE, from: { id: 777 }, caption: HEADER, caption_entities: [headerEntity()] }),
    HELP,
  ],
  ["a file without a caption", replyTo(FILE), HELP],
  ["text entities beside a caption", replyTo({ ...FILE, entities: [headerEntity()], caption: HEADER }), HELP],
  ["caption entities beside a text", replyTo({ entities: [], caption_entities: [headerEntity()] }), HELP],
  ["another bot's link", link(headerLink("other_bot", TOKEN)), HELP],
  ["a longer bot's name", link(headerLink(`${BOT.username}2`, TOKEN)), HELP],
  ["a link over http", link(`http://t.me/${BOT.username}?start=${TOKEN}`), HELP],
  ["a link to another host", link(`https://t.me.evil.example/${BOT.username}?start=${TOKEN}`), HELP],
  ["a link with a user", link(`https://a@t.me/${BOT.username}?start=${TOKEN}`), HELP],
  ["a link with a port", link(`https://t.me:443/${BOT.username}?start=${TOKEN}`), HELP],
  ["a link with a longer path", link(`https://t.me/${BOT.username}/x?start=${TOKEN}`), HELP],
  ["a link with one more parameter", link(`https://t.me/${BOT.username}?start=${TOKEN}&a=b`), HELP],
  ["a link with a fragment", link(`https://t.me/${BOT.username}?start=${TOKEN}#x`), HELP],
  ["a link with startgroup", link(`https://t.me/${BOT.username}?startgroup=${TOKEN}`), HELP],
  ["a token of 27 characters", link(headerLink(BOT.username, TOKEN.slice(1))), HELP],
  ["a token of 29 characters", link(headerLink(BOT.username, `${TOKEN}A`)), HELP],
  ["a reply to the bot's own help", replyTo({ entities: undefined }), HELP],
  [
    "a reply into another chat, of which only the outline is known",
    {
      message: message({
        external_reply: { origin: {} },
        quote: { text: HEADER, position: 0, entities: [headerEntity()] },
      }),
    },
    HELP,
  ],
  ["plain text in private", { message: message() }, HELP],
  ["a comment in private", { message: message({ text: "//x" }) }, HELP],
  ["a picture in private", { message: message({ text: undefined, photo: [{}] }) }, HELP],
  ["plain text in a group", { message: groupMessage() }, SILENCE],
  ["a picture in a group", { message: groupMessage({ text: undefined, photo: [{}] }) }, SILENCE],
  [
    "plain text in a topic that the bot made",
    { message: groupMessage({ message_thread_id: 9, is_topic_message: true, reply_to_message: TOPIC }) },
    SILENCE,
  ],
  [
    "plain text in a topic with a forged name",
    {
      message: groupMessage({
        message_thread_id: 9,
        is_topic_message: true,
        reply_to_message: { ...TOPIC, text: HEADER, entities: [headerEntity()] },
      }),
    },
    SILENCE,
  ],
];

describe("an address is taken from", () => {
  test.each(REPLIES)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});

describe("no address is taken from", () => {
  test.each(NO_ADDRESS)("%s", (_, update, expected) => expect(resolved(update)).toEqual(expected));
});
