import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../agent/config.ts";
import { AgentHome } from "./agent-home.ts";
import { containing } from "./matchers.ts";
import { StandInRouter, type Call, type HttpAnswer } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

const CODE = "dev-box-2-A2C4-X7Z9";

beforeEach(async () => {
  router = await StandInRouter.start();
  home = new AgentHome();
  router.answer = paired;
});

afterEach(async () => {
  await home.remove();
  await router.stop();
});

function paired(call: Call): HttpAnswer {
  return { status: 200, body: { ok: true, machineId: call.path.split("/")[2], mac: "mac_of-1" } };
}

function pair(code = CODE, url = router.url) {
  return home.run(["pair", url, code]);
}

function pendingFile(): string {
  return join(dirname(home.configFile), "pairing.json");
}

test("a machine is enrolled: the router gets a hash, the file the key", async () => {
  expect(await pair()).toMatchObject({ status: 0, stderr: "" });
  const { key, machineId, url } = loadConfig(home.env);
  expect({ machineId, url }).toEqual({ machineId: "dev-box-2", url: router.url });
  const [, , random = "", mac] = key.split(".");
  expect(mac).toBe("mac_of-1");
  const bytes = Buffer.from(random, "base64url");
  expect(bytes).toHaveLength(32);
  expect(router.calls).toMatchObject([
    {
      path: "/machines/dev-box-2/pair",
      body: { code: CODE, keyHash: createHash("sha256").update(bytes).digest("base64url") },
      authorization: undefined,
    },
  ]);
  expect(JSON.stringify(router.calls)).not.toContain(random);
  expect(existsSync(pendingFile())).toBe(false);
});

test("the same command after a lost answer asks the same again", async () => {
  router.answer = () => ({ status: 500 });
  expect(await pair()).toMatchObject({ status: 1, stderr: containing("same command again") });
  router.answer = paired;
  expect(await pair()).toMatchObject({ status: 0 });
  const [first, second] = router.bodies("/machines/dev-box-2/pair");
  expect(second).toEqual(first);
});

test("another code is another key", async () => {
  router.answer = () => ({ status: 500 });
  await pair();
  await pair("dev-box-2-A2C4-0000");
  const hashes = router.calls.map((call) => JSON.stringify(call.body).slice(-60));
  expect(new Set(hashes).size).toBe(2);
});

test.each([
  [401, "this code is wrong"],
  [409, "this code was used"],
  [410, "this code is too old"],
])("a refused code (%i, %s) is told with the way to a new one, and the old key stays", async (status, error) => {
  await pair();
  const before = readFileSync(home.configFile, "utf8");
  router.answer = () => ({ status, body: { error } });
  const result = await pair();
  expect(result.status).toBe(1);
  expect(result.stderr).toContain(error);
  expect(result.stderr).toContain("/pair dev-box-2");
  expect(readFileSync(home.configFile, "utf8")).toBe(before);
});

test("too many tries are told to wait", async () => {
  router.answer = () => ({ status: 429, body: { error: "too many" } });
  expect((await pair()).stderr).toContain("wait a minute");
});

test("a router that is away is told, and nothing is lost", async () => {
  const { url } = router;
  await router.stop();
  const result = await pair(CODE, url);
  expect(result).toMatchObject({ status: 1, stderr: containing("cannot be reached (ECONNREFUSED)") });
  expect(existsSync(pendingFile())).toBe(true);
  router = await StandInRouter.start();
});

test("something that is no router is told", async () => {
  router.answer = () => ({ status: 200, body: { hello: "world" } });
  expect(await pair()).toMatchObject({ status: 1, stderr: containing("does not answer like a router") });
});

test.each([
  ["no url", CODE, "is not a URL"],
  ["http://router.example", CODE, "https://"],
  ["https://router.example", "A2C4-X7Z9", "NAME-XXXX-XXXX"],
  ["https://router.example", "devbox-A2C4-X7Z", "NAME-XXXX-XXXX"],
])("%j %j is refused before anything is sent: %s", async (url, code, words) => {
  const result = await home.run(["pair", url, code]);
  expect(result).toMatchObject({ status: 1, stderr: containing(words) });
});

test.each([[[]], [["https://router.example"]], [["https://router.example", CODE, "more"]]])(
  "%j is wrong usage",
  async (args) => {
    expect(await home.run(["pair", ...args])).toMatchObject({
      status: 2,
      stderr: containing("pair URL CODE"),
    });
  },
);
