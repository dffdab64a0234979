import type { RecordedTerminal } from "../../../agent/demo/recorded-terminal.ts";
import { Screen } from "../../../agent/terminal/screen.ts";

/** At least as wide as any terminal here, so that no line is wrapped twice. */
const SIZE = { columns: 200, rows: 60 };

/** What a terminal shows: a program may paint a word in pieces, which its output alone does not tell. */
export async function shown(terminal: RecordedTerminal): Promise<string> {
  const screen = new Screen(SIZE);
  await screen.feed(Buffer.from(terminal.output()));
  const text = await screen.text();
  screen.dispose();
  return text;
}
