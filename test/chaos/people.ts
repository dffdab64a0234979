import { ImpossibleAct } from "../../agent/demo/telegram/person.ts";
import type { Update } from "../../agent/demo/telegram/update.ts";
import { ASKER, ownerOf } from "./cast.ts";
import type { SessionName } from "./cast.ts";
import type { Said, Sent } from "./history.ts";
import type { Act } from "./plan.ts";
import type { World } from "./world.ts";

type About = Pick<Sent, "kind" | "session" | "mark" | "question">;

/** What people do in their chats, and programs in their sessions. Writes down all of it. */
export class People {
  readonly sent: Sent[] = [];
  readonly said: Said[] = [];
  readonly #world: World;
  #edits = 0;
  readonly #saying: Promise<void>[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** @returns what it sent: nothing where the client offers no such thing at the moment. */
  do(act: Act): readonly Sent[] {
    const before = this.sent.length;
    try {
      this.#do(act);
    } catch (error) {
      // No button to press, nothing to edit.
      if (!(error instanceof ImpossibleAct)) throw error;
    }
    return this.sent.slice(before);
  }

  /** Resolves when no program is in the middle of saying something. */
  async end(): Promise<void> {
    await Promise.all(this.#saying);
  }

  /** Lets Telegram bring an update once more that was sent `back` updates ago. */
  async again(back: number): Promise<void> {
    const sent = this.sent.at(-1 - back);
    if (sent !== undefined) await this.#world.telegram.redeliver(sent.updateId);
  }

  #do(act: Act): void {
    switch (act.do) {
      case "reply":
        return this.#write({ kind: "text", session: act.session, mark: act.mark }, `${act.mark} said`);
      case "cmd":
        return this.#command(act, ownerOf(act.session), "text");
      case "press":
        this.#press(act, ownerOf(act.session), "press");
        if (act.twice) this.#press(act, ownerOf(act.session), "press");
        return;
      case "edit":
        return this.#edit(act.back);
      case "cancel":
        return this.#write({ kind: "cancel", session: act.session, mark: null }, "/cancel");
      case "enter":
        return this.#write({ kind: "key", session: act.session, mark: null }, "/key enter");
      case "screen":
        return this.#write({ kind: "screen", session: act.session, mark: null }, "/screen");
      case "notify":
        this.#saying.push(this.#say(act));
        return;
      case "again":
        return this.#sendAgain(act);
      case "ask":
        return this.#world.asker.ask(act.mark);
      case "answer":
        return this.#answer(act);
      case "intrude":
        if (act.how === "cmd") this.#command(act, act.userId, "intrusion");
        else this.#press(act, act.userId, "intrusion");
    }
  }

  #write(about: About & { session: SessionName }, text: string): void {
    const chatId = ownerOf(about.session);
    const { messageId } = this.#world.address(about.session);
    this.#note(about, this.#world.telegram.send({ chatId, userId: chatId, text, replyTo: messageId }));
  }

  #command(act: Extract<Act, { do: "cmd" | "reply" | "intrude" }>, userId: number, kind: Sent["kind"]): void {
    const { token } = this.#world.address(act.session);
    const text = `/cmd ${token} ${act.mark} said`;
    const { session, mark } = act;
    this.#note({ kind, session, mark }, this.#world.telegram.send({ chatId: userId, userId, text }));
  }

  /** A button that no message shows: the router must take it all the same, as buttons outlive their messages. */
  #press({ session, mark }: { session: SessionName; mark: string }, userId: number, kind: Sent["kind"]): void {
    const { token, messageId } = this.#world.address(session);
    const data = `cmd:${token}:${mark}`;
    const press = { chatId: userId, userId, messageId, data, forged: true };
    this.#note({ kind, session, mark }, this.#world.telegram.press(press));
  }

  async #say({ session, mark }: Extract<Act, { do: "notify" }>): Promise<void> {
    const from = Date.now();
    const { machine } = this.#world.terminals.of(session);
    const { status } = await machine.command("notify", "--session", session, "--silent", `${mark} is done`);
    // Else the agent is away, and the program knows that nobody has heard it.
    if (status === 0) this.said.push({ session, machine: machine.name, mark, from, to: Date.now() });
  }

  #edit(back: number): void {
    const replies = this.sent.filter(({ kind, mark, messageId }) => kind === "text" && mark !== null && messageId > 0);
    const sent = replies.at(-1 - back);
    if (sent === undefined) return;
    const { chatId, messageId, session, mark } = sent;
    const now = this.#world.telegram.messages(chatId).find((message) => message.message_id === messageId);
    // A `/cmd` keeps its address, whatever else is changed.
    const text = (now?.text ?? "").replace(/said.*$/, `said better ${++this.#edits}`);
    const update = this.#world.telegram.edit({ chatId, userId: chatId, messageId, text });
    this.#note({ kind: "edit", session, mark }, update);
  }

  #sendAgain({ session }: { session: SessionName }): void {
    const chatId = ownerOf(session);
    for (const { message_id: messageId, reply_markup: markup } of this.#world.telegram.messages(chatId).toReversed()) {
      const button = markup?.inline_keyboard.flat().find(({ text }) => /^Send (?:again|to)/.test(text));
      const data = button?.callback_data;
      if (data === undefined) continue;
      const update = this.#world.telegram.press({ chatId, userId: chatId, messageId, data });
      return this.#note({ kind: "again", session, mark: null }, update);
    }
  }

  #answer(act: Extract<Act, { do: "answer" }>): void {
    const { question } = act;
    const chatId = ASKER.owner;
    const { telegram } = this.#world;
    const card = telegram.messages(chatId).findLast(({ from, text = "" }) => from.is_bot && text.includes(question));
    if (card === undefined) throw new ImpossibleAct(`${question} is not on the phone`);
    const { message_id: messageId, reply_markup: markup } = card;
    const about = { kind: "answer", session: ASKER.session, question } as const;
    if (act.how === "reply") {
      const said = { chatId, userId: chatId, text: `${act.mark} because`, replyTo: messageId };
      return this.#note({ ...about, mark: act.mark }, telegram.send(said));
    }
    const data = markup?.inline_keyboard.flat().find(({ text }) => text === act.how)?.callback_data;
    if (data === undefined) throw new ImpossibleAct(`${question} has no button ${act.how} any more`);
    for (let time = 0; time < (act.twice ? 2 : 1); time++) {
      this.#note({ ...about, mark: null }, telegram.press({ chatId, userId: chatId, messageId, data, forged: true }));
    }
  }

  #note(about: About, update: Update): void {
    const message = update.message ?? update.edited_message ?? update.callback_query?.message;
    if (message === undefined) throw new Error("an update of a person has a message");
    const chatId = message.chat.id;
    const { message_id: messageId } = message;
    const press = update.callback_query;
    const name = press === undefined ? `m${chatId}.${messageId}` : `q${press.id}`;
    this.sent.push({ ...about, updateId: update.update_id, name, chatId, messageId, at: Date.now() });
  }
}
