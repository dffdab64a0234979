import { element } from "./element.ts";
import type { ShownButton, ShownMessage } from "./feed.ts";
import { fileRow } from "./file-view.ts";
import { icon } from "./icon.ts";
import { richText } from "./rich-text.ts";

/** What a person can do with a message. */
export interface MessageActions {
  readonly botUsername: string;
  reply(message: ShownMessage): void;
  edit(message: ShownMessage): void;
  press(message: ShownMessage, data: string): void;
  start(payload: string): void;
  show(messageId: number): void;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** One message of the chat, with what hangs on it: quote, file, reactions, keyboard, actions. */
export function bubble(message: ShownMessage, actions: MessageActions): HTMLLIElement {
  const item = element("li", {
    class: message.mine ? "message mine" : "message",
    id: `message-${message.id}`,
    tabindex: "-1",
    "data-id": String(message.id),
    "data-machine": message.machine,
  });
  const content = element("div", { class: "bubble" });
  if (message.replyTo !== undefined) content.append(quote(message.replyTo, actions));
  if (message.file !== undefined) content.append(fileRow(message.file));
  content.append(
    element(
      "span",
      { class: "body" },
      ...richText(message.text, message.entities, {
        username: actions.botUsername,
        onStart: (payload) => actions.start(payload),
      }),
    ),
    meta(message),
  );
  if (message.reactions.length > 0) {
    const shown = message.reactions.map((emoji) => element("span", {}, emoji));
    content.append(
      element(
        "div",
        { class: "reactions", role: "img", "aria-label": `Reaction ${message.reactions.join(" ")}` },
        ...shown,
      ),
    );
  }
  item.append(content);
  if (message.keyboard.length > 0) item.append(keyboard(message, actions));
  item.append(tools(message, actions));
  return item;
}

function meta(message: ShownMessage): HTMLElement {
  const at = new Date(message.date * 1_000);
  const clock = element("time", { datetime: at.toISOString() }, CLOCK.format(at));
  return element("span", { class: "meta" }, ...(message.edited ? ["edited ", clock] : [clock]));
}

function quote(replied: NonNullable<ShownMessage["replyTo"]>, actions: MessageActions): HTMLElement {
  const who = replied.machine ?? (replied.mine ? "You" : "Bot");
  const button = element(
    "button",
    { type: "button", class: "quote", "data-machine": replied.machine, "aria-label": `In reply to: ${replied.text}` },
    element("b", {}, who),
    element("span", {}, replied.text),
  );
  button.addEventListener("click", () => actions.show(replied.id));
  return button;
}

function keyboard(message: ShownMessage, actions: MessageActions): HTMLElement {
  const rows = message.keyboard.map((row) => element("div", {}, ...row.map((button) => key(button, message, actions))));
  return element("div", { class: "keyboard", role: "group", "aria-label": "Buttons of this message" }, ...rows);
}

function key(button: ShownButton, message: ShownMessage, actions: MessageActions): HTMLElement {
  if (button.url !== undefined) {
    return element("a", { href: button.url, target: "_blank", rel: "noopener noreferrer" }, button.text);
  }
  const { data } = button;
  const made = element("button", { type: "button", "data-style": button.style }, button.text);
  made.disabled = button.disabled === true || data === undefined;
  if (data !== undefined) {
    made.addEventListener("click", () => {
      made.classList.add("pressed");
      actions.press(message, data);
    });
  }
  return made;
}

function tools(message: ShownMessage, actions: MessageActions): HTMLElement {
  const reply = tool("Reply", "M6.500 3.500L3 7l3.500 3.500M3 7h6.500a3.500 3.500 0 0 1 3.500 3.500V13");
  reply.addEventListener("click", () => actions.reply(message));
  if (!message.mine) return element("div", { class: "actions" }, reply);
  const edit = tool("Edit", "M3 13l.700-2.800L10.500 3.400l2.100 2.100-6.800 6.800z");
  edit.addEventListener("click", () => actions.edit(message));
  return element("div", { class: "actions" }, reply, edit);
}

function tool(name: string, path: string): HTMLButtonElement {
  return element("button", { type: "button", class: "icon-button", "aria-label": name, title: name }, icon(path));
}
