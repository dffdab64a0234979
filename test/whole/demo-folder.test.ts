import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Machine } from "../../agent/demo/machine.ts";
import { pagePort } from "../../agent/demo/page-port.ts";
import { keptSecrets } from "../../agent/demo/secrets.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ccr-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the demo's secrets", () => {
  test("are made once, at random, for this user alone, and kept", async () => {
    const path = join(folder, "secrets.json");
    const made = await keptSecrets(path);
    expect(await keptSecrets(path)).toEqual(made);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await keptSecrets(join(folder, "others.json"))).not.toEqual(made);
    expect(new Set(Object.values(made)).size).toBe(4);
  });

  test("are not silently made anew where the file is damaged", async () => {
    const path = join(folder, "secrets.json");
    await writeFile(path, '{"botToken":');
    await expect(keptSecrets(path)).rejects.toThrow(`${path} is damaged`);
    expect(await readFile(path, "utf8")).toBe('{"botToken":');
  });
});

test("a folder too deep for a socket is refused with what to do", async () => {
  const deep = join(folder, "x".repeat(100));
  await expect(Machine.create({ name: "devbox", folder: deep, routerUrl: "http://127.0.0.1:1" })).rejects.toThrow(
    "Choose a shorter folder",
  );
});

test("where nobody named a port, the page takes the next free one", async () => {
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const taken = typeof address === "object" ? (address?.port ?? 0) : 0;
  expect(await pagePort({ from: taken })).toBeGreaterThan(taken);
  await expect(pagePort({ exactly: taken })).rejects.toThrow(`Port ${taken}`);
  other.close();
});
