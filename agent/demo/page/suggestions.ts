export interface Suggestion {
  /** What is put into the composer. */
  command: string;
  explains: string;
  /** Whether it does nothing but where it answers a session's message. */
  addressed: boolean;
}

const COMMANDS: readonly Suggestion[] = [
  { command: "/pair ", explains: "pair a machine: /pair NAME", addressed: false },
  { command: "/unpair ", explains: "forget a machine and its key", addressed: false },
  { command: "/cmd ", explains: "type into a session: /cmd TOKEN text", addressed: false },
  { command: "/help", explains: "what the bot can do", addressed: false },
  { command: "/screen", explains: "what the terminal shows", addressed: true },
  { command: "/esc", explains: "press Escape", addressed: true },
  { command: "/key ", explains: "press a key: /key NAME", addressed: true },
  { command: "/cancel", explains: "take back what still waits", addressed: true },
  { command: "/exit", explains: "typed as it is, ends the program", addressed: true },
];

/** The commands that begin with what is typed so far; a reply may hold other commands than a plain message. */
export function suggestionsFor(text: string, replying: boolean): readonly Suggestion[] {
  if (!/^\/\w*$/.test(text)) return [];
  return COMMANDS.filter(({ command, addressed }) => addressed === replying && command.startsWith(text));
}
