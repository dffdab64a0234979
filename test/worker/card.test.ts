import { expect, test } from "vitest";
import { DAY, SECOND } from "./support/clock.ts";
import { deliverCold, evictAll } from "./support/router.ts";
import { awakeTalkOn, buttonsOf, say, talkOn } from "./support/talk.ts";
import { callsIn, createGroup, write } from "./support/telegram.ts";
import { query, sessionObject } from "./support/objects.ts";

async function tokenOf(sessionId: string): Promise<string> {
  const [row] = await query(await sessionObject(sessionId), "SELECT token FROM token");
  const token = row?.["token"];
  if (typeof token !== "string") throw new Error(`${sessionId} gave no token`);
  return token;
}

test("/start TOKEN shows its owner how the session stands, once, and a reply to the card is typed", async () => {
  const { talk, socket } = await awakeTalkOn("carded", "s-carded");
  await talk.hear("Ready.");
  const shown = await say(`/start ${await tokenOf("s-carded")}`);
  expect(shown).toMatchObject({ status: 200, said: undefined });
  const card = await talk.says("carded is connected.");
  expect(card.text).toBe(
    "💬 carded · s-carded\ncarded is connected.\nNothing waits.\nReply to this message: your text is typed there.",
  );
  await talk.again(shown.update);
  expect(await talk.timesSent("carded is connected.")).toBe(1);
  await talk.reply("from the card", card);
  expect((await socket.next("command")).command).toBe("from the card");
});

test("the card's buttons ask for the screen, and for the end of what runs there", async () => {
  const { talk, socket } = await awakeTalkOn("buttoned", "s-buttoned");
  await talk.hear("Ready.");
  await say(`/start ${await tokenOf("s-buttoned")}`);
  const card = await talk.says("buttoned is connected.");
  expect(card.reply_markup?.inline_keyboard.map((row) => row.map(({ text }) => text))).toEqual([["Screen", "Exit"]]);
  await talk.press("Screen", card);
  expect(await socket.next("command")).toMatchObject({ kind: "screen" });
  await talk.press("Exit", card);
  expect(await socket.next("command")).toMatchObject({ kind: "action", command: "exit" });
});

test("the card of a session in no terminal says what it takes to type there, and has no buttons", async () => {
  const { talk } = await awakeTalkOn("bare", "s-bare", { typable: false });
  await talk.hear("Ready.");
  await say(`/start ${await tokenOf("s-bare")}`);
  const card = await talk.says("bare is connected.");
  expect(card.text).toContain("with `ccr-agent run -- claude`");
  expect(card.text).not.toContain("Reply");
  expect(buttonsOf(card)).toEqual([]);
  // Started anew in tmux, by an agent that says nothing of it.
  await talk.machine.register("s-bare");
  await evictAll();
  await say(`/start ${await tokenOf("s-bare")}`);
  expect(buttonsOf(await talk.says("Reply to this message"))).toEqual(["Screen", "Exit"]);
});

test("the card says that the machine sleeps, how many wait, and that a session ended", async () => {
  const talk = await talkOn("dozing", "s-dozing");
  await talk.reply("one", await talk.hear("Ready."));
  await say(`/start ${await tokenOf("s-dozing")}`);
  expect((await talk.says("is not connected.")).text).toContain("dozing is not connected.\n1 waiting.\nReply");
  await talk.machine.unregister("s-dozing");
  await evictAll();
  await say(`/start ${await tokenOf("s-dozing")}`);
  const card = await talk.says("The session ended.");
  expect(card.text).not.toContain("Reply");
  expect(card.reply_markup).toBeUndefined();
});

test("others get silence: another allowed user, a token that nobody gave out, one of a session long gone", async () => {
  const talk = await talkOn("secret", "s-secret");
  await talk.hear("Ready.");
  const token = await tokenOf("s-secret");
  await talk.hear("Hello.");
  const before = (await callsIn(1002)).length;
  expect(await say(`/start ${token}`, 1002)).toMatchObject({ status: 200, said: undefined });
  expect((await callsIn(1002)).length).toBe(before);
  const cards = async (): Promise<number> => talk.timesSent("Nothing waits.");
  expect(await say(`/start ${token.slice(0, 16)}AAAAAAAAAAAA`)).toMatchObject({ status: 200, said: undefined });
  await talk.machine.unregister("s-secret");
  await talk.later(8 * DAY);
  expect(await say(`/start ${token}`)).toMatchObject({ status: 200, said: undefined });
  await talk.later(10 * SECOND);
  expect(await cards()).toBe(0);
});

test("a token in a group is no address, also in its owner's hands: a group has to be linked first", async () => {
  const { talk, socket } = await awakeTalkOn("grouped", "s-grouped");
  const hello = await talk.hear("Ready.");
  const token = await tokenOf("s-grouped");
  await createGroup({ chatId: -77, title: "Team", members: [talk.chatId, 1002] });
  for (const userId of [talk.chatId, 1002]) {
    const update = await write({ chatId: -77, userId, text: `/cmd ${token} ls` });
    expect(await deliverCold(update)).toEqual({ status: 200, said: null });
  }
  // Another allowed user, in a chat of their own.
  expect((await say(`/cmd ${token} ls`, 1002)).said).toContain("I do not know this session any more");
  expect((await say(`/cmd ${token} ls`)).said).toBeUndefined();
  expect((await socket.next("command")).command).toBe("ls");
  await talk.reply("and by reply", hello);
  await socket.next("command");
  await socket.settled();
  expect(socket.commands()).toHaveLength(2);
});

test("a token is good for seven days after the end of its session", async () => {
  const talk = await talkOn("lasting", "s-lasting");
  const hello = await talk.hear("Bye.");
  await talk.machine.unregister("s-lasting");
  await talk.later(6 * DAY);
  expect((await talk.reply("late", hello)).said).toBeUndefined();
  await talk.says("Not typed: the session ended.");
  await talk.later(2 * DAY);
  expect((await talk.reply("too late", hello)).said).toBe(
    "I do not know this session any more: reply to one of its newer messages.",
  );
});
