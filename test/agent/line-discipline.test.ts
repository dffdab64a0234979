import { spawn } from "node-pty";
import { describe, expect, onTestFinished, test } from "vitest";
import { type LineDiscipline, fit, parseStty, readLineDiscipline } from "../../agent/terminal/line-discipline.ts";
import { until } from "./agent-home.ts";

describe("reading it", () => {
  test.each<[string, LineDiscipline | undefined]>([
    ["isig icanon iexten echo echoe echok", { canonical: true, echo: true }],
    ["isig icanon iexten -echo echoe", { canonical: true, echo: false }],
    ["lflags: -icanon -isig\n\t-echo echoe", { canonical: false, echo: false }],
    ["", undefined],
    ["stty: not a terminal", undefined],
  ])("%j", (printed, discipline) => {
    expect(parseStty(printed)).toEqual(discipline);
  });

  test("of a terminal as it is now", async () => {
    const pty = spawn("sh", ["-c", "stty raw -echo; echo raw; read -r x; stty sane -echo; echo secret; read -r x"], {});
    const ended = new Promise((resolve) => pty.onExit(resolve));
    onTestFinished(async () => {
      pty.kill();
      await ended;
    });
    let shown = "";
    pty.onData((data) => (shown += data));
    const path = "ptsName" in pty ? String(pty.ptsName) : "";
    await until("it is raw", () => shown.includes("raw"));
    expect(await readLineDiscipline(path)).toEqual({ canonical: false, echo: false });
    pty.write("\n");
    await until("it does not echo", () => shown.includes("secret"));
    expect(await readLineDiscipline(path)).toEqual({ canonical: true, echo: false });
  });

  test("of what is no terminal, nothing", async () => {
    expect(await readLineDiscipline("/dev/null")).toBeUndefined();
    expect(await readLineDiscipline("/dev/pts/no-such")).toBeUndefined();
  });
});

describe("what may be typed", () => {
  const long = "x".repeat(4_095);
  test.each<[string, string, LineDiscipline | undefined, string]>([
    ["anything, into a program that reads keys", long, { canonical: false, echo: false }, "fits"],
    ["short lines, into one that reads lines", "a\rb", { canonical: true, echo: true }, "fits"],
    ["many short lines", "line\r".repeat(2_000), { canonical: true, echo: true }, "fits"],
    ["no line longer than the kernel holds", `a\r${long}`, { canonical: true, echo: true }, "failed"],
    ["nothing where a secret is asked for", "a", { canonical: true, echo: false }, "held"],
    ["anything where it is not known", long, undefined, "fits"],
  ])("%s", (_, text, discipline, status) => {
    expect(fit(text, discipline).status).toBe(status);
  });
});
