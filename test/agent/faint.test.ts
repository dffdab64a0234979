import { expect, test } from "vitest";
import { cellsOf, withoutFaint } from "../../agent/terminal/faint.ts";
import { Screen } from "../../agent/terminal/screen.ts";

const ESC = "\u001b";
/** As Claude Code draws them, with a cursor of its own. */
const LINES = [
  ["a suggestion", `❯\u00a0${ESC}[7mr${ESC}[0;2mun the tests${ESC}[0m`, "❯\u00a0"],
  ["a draft, the cursor behind it", `❯\u00a0half a thought${ESC}[7m ${ESC}[0m`, "❯\u00a0half a thought"],
  ["a draft, the cursor in it", `❯\u00a0ha${ESC}[7ml${ESC}[27mf a thought`, "❯\u00a0half a thought"],
  ["a command and the hint behind it", `❯\u00a0/notify${ESC}[7m ${ESC}[0;2m[label] | off${ESC}[0m`, "❯\u00a0/notify"],
  ["colours that hold the numbers of looks", `${ESC}[38;5;2ma${ESC}[48;2;2;7;2mb${ESC}[0m`, "ab"],
  ["bold after faint", `${ESC}[2mfaint${ESC}[22;1mbold`, "     bold"],
  ["wide characters", `日本${ESC}[2m語${ESC}[0m!`, "日本 !"],
] as const;

test.each(LINES)("%s, as tmux tells it", (_, line, expected) => {
  expect(cellsOf(line).map((cells) => withoutFaint(cells))).toEqual([expected.trimEnd()]);
});

test.each(LINES.slice(0, -1))("%s, on a screen of ours", async (_, line, expected) => {
  const screen = new Screen({ columns: 40, rows: 4 });
  await screen.feed(Buffer.from(line));
  expect(await screen.text("hidden")).toBe(expected.trimEnd());
  expect(await screen.text()).not.toBe("");
  screen.dispose();
});

test("what is faint goes on over the end of a line", () => {
  const lines = cellsOf(`a${ESC}[2mb\nc${ESC}[0m\nd`).map((cells) => withoutFaint(cells));
  expect(lines).toEqual(["a", "", "d"]);
});

test("a link is no text", () => {
  const [cells] = cellsOf(`${ESC}]8;;https://example.org${ESC}\\here${ESC}]8;;${ESC}\\`);
  expect(cells?.map(({ text }) => text).join("")).toBe("here");
});
