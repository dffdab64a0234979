import { expect, test } from "vitest";
import { defaultLabel, makeLabel } from "../../agent/session/label.ts";
import { temporaryFolder } from "./run-harness.ts";

test.each([
  ["api", "main", "api (main)"],
  ["api", "", "api"],
  ["my\nfolder\u001b[31m", "", "my folder[31m"],
  ["\u200b", "", "session"],
  ["/", "", "/"],
])("folder %j and branch %j are %j", (folder, branch, label) => {
  expect(makeLabel(folder, branch)).toBe(label);
});

test("a label is never longer than the protocol allows, nor cut within a character", () => {
  for (const folder of ["a".repeat(200), "👍".repeat(100), `a${"👍".repeat(100)}`]) {
    const label = makeLabel(folder, "main");
    expect(label.length).toBeLessThanOrEqual(64);
    expect(Buffer.from(label, "utf8").toString("utf8")).toBe(label);
  }
});

test("a folder that is no repository is called by its name", async () => {
  const folder = await temporaryFolder();
  expect(await defaultLabel(folder)).toBe(folder.split("/").at(-1));
});
