import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { Echo } from "../bench/echo.ts";
import { PARTS, readOptions } from "../bench/options.ts";
import { toTable } from "../bench/report.ts";
import { type Contest, contender, linesOf, takeTurns, warmUp } from "../bench/side-by-side.ts";
import { median, medianRatio, quantile } from "../bench/statistics.ts";

describe("the bench's figures", () => {
  test.each([
    [[3], 3],
    [[4, 1, 9], 4],
    [[4, 1, 9, 2], 3],
    [[10, 9, 100], 10],
  ])("the median of %j is %d", (samples, expected) => {
    expect(median(samples)).toBe(expected);
  });

  test("a quantile is a sample: the last one where the share is all of them", () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantile(samples, 0.5)).toBe(51);
    expect(quantile(samples, 0.99)).toBe(100);
    expect(quantile(samples, 1)).toBe(100);
  });

  test("what slowed down both of a round slows down no ratio; a round without a partner counts for nothing", () => {
    expect(medianRatio([2, 20, 2_000], [1, 10, 1_000])).toBe(2);
    expect(medianRatio([2, 2, 99], [1, 1])).toBe(2);
  });

  test("of nothing there is no figure", () => {
    expect([median([]), quantile([], 0.5), medianRatio([1], [])]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test("no samples are put into another order", () => {
    const samples = [3, 1, 2];
    median(samples);
    quantile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });
});

describe("the bench's report", () => {
  const report = { at: "now", machine: "2 × slow", storage: "/tmp", rounds: 5 };

  test("is a table whose rows are as long as its head, with the ratio, what is hoped for, and the figures", () => {
    const table = toTable({
      ...report,
      lines: [
        {
          what: "p50",
          ratio: 1.234,
          against: "floor",
          aim: "≤ 1.5",
          met: true,
          figures: { router: 12.34, floor: 9.876 },
        },
        { what: "drain", aim: "≥ 2", met: false, figures: { perSecond: 1_234.5 } },
        { what: "rows", figures: {} },
      ],
    });
    const [said, empty, ...rows] = table.split("\n");
    expect(said).toContain("2 × slow, storage in /tmp, 5 rounds");
    expect(empty).toBe("");
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    const cells = rows.map((row) => row.split("|").map((cell) => cell.trim()));
    expect(cells[2]).toEqual(["", "p50", "1.23× floor", "≤ 1.5 ✓", "router 12.3, floor 9.88", ""]);
    expect(cells[3]).toEqual(["", "drain", "", "≥ 2 ✗", "perSecond 1235", ""]);
    expect(cells[4]).toEqual(["", "rows", "", "", "", ""]);
  });

  test("without a line it is still a table", () => {
    expect(toTable({ ...report, lines: [] }).split("\n")).toHaveLength(4);
  });
});

describe("the bench's options", () => {
  test("are a full run in the folder for temporary files, where none is given", () => {
    expect(readOptions([])).toEqual({ rounds: 5, quick: false, folder: tmpdir(), only: undefined, json: undefined });
  });

  test("are read", () => {
    const argv = ["--rounds", "2", "--quick", "--folder", "/dev/shm", "--only", "drain", "--json", "out.json"];
    expect(readOptions(argv)).toEqual({
      rounds: 2,
      quick: true,
      folder: "/dev/shm",
      only: "drain",
      json: "out.json",
    });
  });

  test.each([["0"], ["-1"], ["1.5"], ["many"], [""]])("--rounds %j is refused, with how it is used", (rounds) => {
    expect(() => readOptions([`--rounds=${rounds}`])).toThrow("npm run bench");
  });

  test.each(PARTS)("--only %s runs that part alone", (part) => {
    expect(readOptions(["--only", part]).only).toBe(part);
  });

  test.each(["TYPO", "Designs", ""])("--only %j is refused, with how it is used", (part) => {
    expect(() => readOptions([`--only=${part}`])).toThrow("npm run bench");
  });

  test.each([
    ["--fast", "--fast"],
    ["--quick=yes", "--quick"],
    ["designs", "designs"],
  ])("%s is refused by its name", (argument, name) => {
    expect(() => readOptions([argument])).toThrow(name);
  });
});

describe("designs side by side", () => {
  /** Designs whose runs come to these milliseconds, one after the other; `order` says whose turn it was. */
  function contest(runs: Readonly<Record<string, readonly number[]>>): { contest: Contest; order: string[] } {
    const order: string[] = [];
    const contenders = Object.entries(runs).map(([name, times]) => {
      let turn = 0;
      return contender(name, async () => {
        order.push(name);
        return { p50: times[turn++ % times.length] ?? Number.NaN };
      });
    });
    return { contest: { what: "some", contenders, commands: 1, concurrency: 1 }, order };
  }

  test("take turns, each round in another order", async () => {
    const { contest: one, order } = contest({ a: [1], b: [1], c: [1] });
    await takeTurns([one], 2);
    expect(order).toEqual(["a", "b", "c", "b", "c", "a"]);
  });

  test("are told in one line a figure that was taken: the first against the second, and what each came to", async () => {
    const { contest: one } = contest({ router: [2, 6, 40], naive: [1, 2, 10], floor: [1] });
    await takeTurns([one], 3);
    expect(linesOf(one, { p50: 3.5 })).toEqual([
      {
        what: "some: p50",
        ratio: 3,
        against: "naive",
        aim: "≤ 3.5×",
        met: true,
        figures: { "router (ms)": 6, "naive (ms)": 2, "floor (ms)": 1 },
      },
    ]);
  });

  test("do not count what they came to while they warmed up", async () => {
    const { contest: one } = contest({ router: [1_000, 2, 2], naive: [1_000, 1, 1] });
    await warmUp([one]);
    await takeTurns([one], 2);
    expect(linesOf(one, {})[0]?.figures).toEqual({ "router (ms)": 2, "naive (ms)": 1 });
  });
});

describe("what a terminal shows", () => {
  test("is found in whatever pieces it comes, whoever else waits for something else", async () => {
    const echo = new Echo();
    const found: string[] = [];
    const seen = ["one.", "two.", "three."].map((text) => echo.seen(text).then(() => found.push(text)));
    for (const piece of ["$ tw", "o.\r\n$ o", "ne.\r\n"]) echo.show(piece);
    await Promise.all(seen.slice(0, 2));
    expect(found).toEqual(["two.", "one."]);
    echo.show("three.");
    await seen[2];
    expect(found).toEqual(["two.", "one.", "three."]);
  });
});
