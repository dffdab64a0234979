/** What the router says where no session stands behind the answer. Each sentence tells what to do next. */

export const HELP = [
  "I bring your replies to the coding sessions on your machines.",
  "",
  "Reply to a message of a session: your text is typed there. In a reply, /esc and /key NAME press a key, /screen shows the terminal, /cancel takes back what still waits; to type one of these words itself, begin with //.",
  "",
  "/pair NAME adds a machine, /unpair NAME removes it.",
].join("\n");

export const MACHINE_NAME_HELP =
  "A machine's name is 1 to 32 of a-z, 0-9 and -, and does not begin with -. For example: /pair devbox, and to remove it: /unpair devbox";

export const CMD_HELP =
  "After /cmd comes the session's token of 28 characters, then the text: /cmd TOKEN text. It is easier to reply to a message of the session.";

export const CMD_WITHOUT_TEXT = "What shall be typed? Put the text after the token: /cmd TOKEN text";

export const KEY_WITHOUT_NAME = "Which key? One name comes after /key, for example: /key escape, /key ctrl-c, /key up";

export const NO_TEXT =
  "Only text can be typed into a session. Write it as a text message, as a reply to the same message.";

export const EMPTY = "There is nothing in this message to type. Write a text.";

export const TOO_LONG = "This is too long to be typed: 64 KB is the limit. Send it in parts, or put it into a file.";

export const NOT_MY_BUTTON = "This button is not mine any more.";

/** For a word that the bot does not know where no session is addressed. `command` begins with its slash. */
export function unknownCommand(command: string): string {
  return `I do not know ${command}. To type it into a session, reply with it to a message of that session. /help says what I can do.`;
}

/** For a command of ours that takes nothing after it. `command` begins with its slash. */
export function takesNothing(command: string): string {
  return `${command} takes nothing after it. Send it alone; to type these words into the session, begin with /${command}.`;
}
