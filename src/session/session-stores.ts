import { Memory } from "../actor/memory.ts";
import { Commands } from "./commands.ts";
import { MessageMap } from "./message-map.ts";
import { Notifications } from "./notifications.ts";
import { Outbox } from "./outbox.ts";
import { Questions } from "./questions.ts";
import { Registration } from "./registration.ts";
import { ReplyTokens } from "./reply-tokens.ts";
import { Said } from "./said.ts";
import { Strikes } from "./strikes.ts";
import { WaitingMessages } from "./waiting-messages.ts";

/** All that a SessionDO owns, each in its own table. */
export class SessionStores {
  readonly memory = new Memory();
  readonly registration: Registration;
  readonly tokens: ReplyTokens;
  readonly commands: Commands;
  readonly messages: MessageMap;
  readonly questions: Questions;
  readonly notifications: Notifications;
  readonly outbox: Outbox;
  readonly said: Said;
  readonly strikes: Strikes;
  readonly waiting: WaitingMessages;

  constructor(storage: DurableObjectStorage) {
    this.registration = new Registration(storage, this.memory);
    this.tokens = new ReplyTokens(storage, this.memory);
    this.commands = new Commands(storage, this.memory);
    this.messages = new MessageMap(storage);
    this.questions = new Questions(storage, this.memory);
    this.notifications = new Notifications(storage);
    this.outbox = new Outbox(storage, this.memory);
    this.said = new Said(storage, this.memory);
    this.strikes = new Strikes(storage, this.memory);
    this.waiting = new WaitingMessages(storage, this.memory);
  }
}
