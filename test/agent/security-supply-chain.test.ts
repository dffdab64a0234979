import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

const Package = v.object({
  dependencies: v.record(v.string(), v.string()),
  devDependencies: v.record(v.string(), v.string()),
  allowScripts: v.record(v.string(), v.boolean()),
});
const Lock = v.object({
  packages: v.record(
    v.string(),
    v.object({
      version: v.optional(v.string()),
      resolved: v.optional(v.string()),
      integrity: v.optional(v.string()),
      hasInstallScript: v.optional(v.boolean(), false),
    }),
  ),
});

function read<Schema extends v.GenericSchema>(file: string, schema: Schema): v.InferOutput<Schema> {
  return v.parse(v.pipe(v.string(), v.parseJson(), schema), readFileSync(join(ROOT, file), "utf8"));
}

const wanted = read("package.json", Package);
const { "": _root, ...installed } = read("package-lock.json", Lock).packages;

test("every package is locked by the hash of its content, and comes from a registry", () => {
  expect(Object.keys(installed).length).toBeGreaterThan(100);
  for (const [name, { integrity = "", resolved = "https://" }] of Object.entries(installed))
    expect([name, integrity.slice(0, 7), resolved.slice(0, 8)]).toEqual([name, "sha512-", "https://"]);
  for (const range of Object.values({ ...wanted.dependencies, ...wanted.devDependencies }))
    expect(range).toMatch(/^[\^~]?\d+\.\d+\.\d+/);
});

test("a script runs at installation only for packages that are named for it", () => {
  const scripted = Object.entries(installed)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.split("node_modules/").at(-1) ?? "");
  expect(scripted.toSorted()).toEqual(Object.keys(wanted.allowScripts).toSorted());
});

test("what the agent brings to a machine is few: a new one needs a reason, and this list", () => {
  expect(Object.keys(wanted.dependencies)).toEqual(["@xterm/headless", "node-pty", "valibot", "ws"]);
});
