import { describe, expect, test } from "vitest";
import { parseOptions } from "../../agent/demo/options.ts";

describe("the options of `npm start`", () => {
  test("without any, the page takes the first free port and the folder in the repository", () => {
    const parsed = parseOptions([]);
    expect(parsed).toMatchObject({ status: "options", options: { port: { from: 8787 } } });
    expect(parsed.status === "options" && parsed.options.folder).toMatch(/\.ccr-demo$/);
  });

  test("a port that is named is meant exactly", () => {
    expect(parseOptions(["--port", "9000"])).toMatchObject({ options: { port: { exactly: 9000 } } });
  });

  test.each([
    [["--port", "x"], "--port x"],
    [["--port", "65536"], "65536"],
    [["--prot", "1"], "--prot"],
    [["there"], "there"],
  ])("%j is refused by name", (args, named) => {
    const parsed = parseOptions(args);
    expect(parsed.status === "wrong" && parsed.error).toContain(named);
  });
});
