import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { readOptions } from "../bench/options.ts";
import { toTable } from "../bench/report.ts";
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

  test.each([
    ["--fast", "--fast"],
    ["--quick=yes", "--quick"],
    ["designs", "designs"],
  ])("%s is refused by its name", (argument, name) => {
    expect(() => readOptions([argument])).toThrow(name);
  });
});
