import { describe, expect, test } from "vitest";
import { Screen } from "../../agent/terminal/screen.ts";

async function screenOf(...output: string[]): Promise<Screen> {
  const screen = new Screen({ columns: 20, rows: 5 });
  for (const piece of output) await screen.feed(Buffer.from(piece));
  return screen;
}

describe("its text", () => {
  test.each([
    ["is what is seen, not what was sent", "abc\rX\r\n\u001b[31mred\u001b[0m \u001b[2Dd!", "Xbc\nred!"],
    ["has no blank lines, and no spaces at the end of a line", "a   \r\n\r\n  b\r\n", "a\n  b"],
    ["joins what was wrapped at the edge", "x".repeat(45), "x".repeat(45)],
    ["reaches above the window", "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7", "1\n2\n3\n4\n5\n6\n7"],
    ["is that of the other screen while it is shown", "shell\r\n\u001b[?1049h\u001b[Heditor", "editor"],
    ["is empty on an empty screen", "", ""],
  ])("%s", async (_, output, text) => {
    expect(await (await screenOf(output)).text()).toBe(text);
  });

  test("survives a character that is cut in two", async () => {
    const screen = await screenOf();
    const [head, tail] = [Buffer.from("ä").subarray(0, 1), Buffer.from("ä").subarray(1)];
    await screen.feed(head);
    await screen.feed(tail);
    expect(await screen.text()).toBe("ä");
  });

  test("follows the size of the window", async () => {
    const screen = await screenOf();
    screen.resize({ columns: 10, rows: 3 });
    await screen.feed(Buffer.from("\u001b[99;99Hx"));
    expect(await screen.text()).toBe("         x");
  });
});

test("it knows what the program asked for", async () => {
  const screen = await screenOf("\u001b[?2004h\u001b[?1h");
  expect(await screen.modes()).toEqual({ bracketedPaste: true, applicationCursor: true });
  await screen.feed(Buffer.from("\u001b[?2004;1l"));
  expect(await screen.modes()).toEqual({ bracketedPaste: false, applicationCursor: false });
});

describe("what undoes a program that did not tidy up", () => {
  test.each([
    ["nothing, where it did", "\u001b[?1049h\u001b[?25l\u001b[?25h\u001b[?1049l", ""],
    ["nothing, after a full reset", "\u001b[?1003h\u001b[?25l\u001bc", ""],
    ["nothing, for what is the user's own", "\u001b[?12h\u001b[?69l", ""],
    ["the mouse", "\u001b[?1000;1006h", "\u001b[?1000l\u001b[?1006l"],
    ["the cursor and the wrapping", "\u001b[?25l\u001b[?7l", "\u001b[?7h\u001b[?25h"],
    ["the other screen, last", "\u001b[?1049h\u001b[?2004h", "\u001b[?2004l\u001b[?1049l"],
    ["the keyboard protocols", "\u001b[>1u\u001b[>5u\u001b[<u\u001b[>4;2m\u001b=", "\u001b[<1u\u001b[>4m\u001b>"],
  ])("%s", async (_, output, undo) => {
    expect((await screenOf(output)).leftovers()).toBe(undo);
  });
});
