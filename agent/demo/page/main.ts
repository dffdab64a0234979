/** The page of the demo: a chat as a phone shows it, beside it the terminals of the machines. */
import { Chat } from "./chat.ts";
import { Composer } from "./composer.ts";
import { Connection } from "./connection.ts";
import { byId } from "./element.ts";
import type { FromServer, ShownMachine } from "./feed.ts";
import { MachineCard } from "./machine-card.ts";
import { toast } from "./toast.ts";
import { Views } from "./views.ts";

const views = new Views();
const cards = new Map<string, MachineCard>();
let chat: Chat | undefined;

const connection = new Connection(hear, (connected) => {
  byId("lost").hidden = connected;
});

const composer = new Composer({
  send: (text, replyTo) => connection.tell({ type: "send", text, ...(replyTo === undefined ? {} : { replyTo }) }),
  edit: (messageId, text) => connection.tell({ type: "edit", messageId, text }),
  newestOfMine: () => chat?.newestOfMine(),
  target: (machine) => cards.forEach((card) => card.target(machine)),
});

function hear(message: FromServer): void {
  switch (message.type) {
    case "welcome":
      byId("bot-name").textContent = message.bot.name;
      chat ??= makeChat(message.bot.username);
      cards.forEach((card) => card.sayAgain());
      break;
    case "chat":
      chat?.show(message.messages);
      break;
    case "toast":
      toast(message.text, message.alert);
      break;
    case "machines":
      showMachines(message.machines);
      break;
    case "screen":
      cards.get(message.machine)?.replace(message.data);
      break;
    case "output":
      cards.get(message.machine)?.write(message.data);
      break;
    case "problem":
      toast(message.text, true);
      break;
  }
}

function makeChat(botUsername: string): Chat {
  return new Chat({
    botUsername,
    reply: (message) => composer.reply(message),
    edit: (message) => composer.edit(message),
    press: ({ id }, data) => connection.tell({ type: "press", messageId: id, data }),
    start: (payload) => connection.tell({ type: "send", text: `/start ${payload}` }),
  });
}

function showMachines(machines: readonly ShownMachine[]): void {
  for (const machine of machines) {
    let card = cards.get(machine.name);
    if (card === undefined) {
      card = new MachineCard(machine.name, {
        key: (name, data) => connection.tell({ type: "key", machine: name, data }),
        resize: (name, columns, rows) => connection.tell({ type: "resize", machine: name, columns, rows }),
        power: (name, awake) => connection.tell({ type: "power", machine: name, awake }),
      });
      cards.set(machine.name, card);
      byId("machines").append(card.root);
    }
    card.show(machine);
  }
  byId("presence").textContent = machines.map(({ name, power }) => `${name} ${power}`).join(" · ");
  views.draw(machines);
}
