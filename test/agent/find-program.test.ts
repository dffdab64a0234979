import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProgram } from "../../agent/terminal/find-program.ts";
import { temporaryFolder } from "./run-harness.ts";
import { containing } from "./matching.ts";

async function folders() {
  const root = await temporaryFolder();
  for (const name of ["a", "b"]) mkdirSync(join(root, name));
  mkdirSync(join(root, "a", "folder"));
  writeFileSync(join(root, "a", "tool"), "");
  writeFileSync(join(root, "b", "tool"), "");
  chmodSync(join(root, "b", "tool"), 0o755);
  writeFileSync(join(root, "b", "note"), "");
  return { root, PATH: `${root}/a:${root}/b` };
}

test("the first file of PATH that may be executed is taken", async () => {
  const { root, PATH } = await folders();
  expect(findProgram("tool", { PATH })).toEqual({ status: "found", path: `${root}/b/tool` });
  expect(findProgram(`${root}/b/tool`, { PATH: "" })).toEqual({ status: "found", path: `${root}/b/tool` });
});

test("a file that may not be executed is 126, as in a shell; none at all is 127", async () => {
  const { root, PATH } = await folders();
  expect(findProgram("note", { PATH })).toMatchObject({
    exitStatus: 126,
    error: containing(`${root}/b/note`),
  });
  expect(findProgram("folder", { PATH })).toMatchObject({ exitStatus: 127 });
  expect(findProgram("./nothing", { PATH })).toMatchObject({
    exitStatus: 127,
    error: "./nothing: there is no such file",
  });
});
