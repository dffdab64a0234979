import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig, parseRouterUrl, saveConfig } from "../../agent/config.ts";
import { childEnvironment } from "../../agent/environment.ts";
import { AgentHome, machineKey } from "./agent-home.ts";

let home: AgentHome;

beforeEach(() => {
  home = new AgentHome();
});

afterEach(async () => {
  await home.remove();
});

const config = { url: "https://router.example", machineId: "devbox", key: machineKey("devbox") };

test("what is stored is read again, and lies where only its owner reads it", () => {
  saveConfig(home.env, config);
  expect(loadConfig(home.env)).toEqual(config);
  expect(statSync(home.configFile).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(home.configFile)).mode & 0o777).toBe(0o700);
  expect(readdirSync(dirname(home.configFile))).toEqual(["config.json"]);
});

test("storing it closes a folder that was open", () => {
  saveConfig(home.env, config);
  chmodSync(dirname(home.configFile), 0o755);
  saveConfig(home.env, config);
  expect(statSync(dirname(home.configFile)).mode & 0o777).toBe(0o700);
});

test.each([0o640, 0o604, 0o644, 0o620])("a file of mode %o is refused, with the remedy", (mode) => {
  saveConfig(home.env, config);
  chmodSync(home.configFile, mode);
  expect(() => loadConfig(home.env)).toThrow(`chmod 600 ${home.configFile}`);
});

test("a missing file is told with how to get one", () => {
  expect(() => loadConfig(home.env)).toThrow("/pair NAME");
});

test("a damaged file is told without its content", () => {
  saveConfig(home.env, config);
  writeFileSync(home.configFile, `{"key": "${config.key}"`);
  expect(() => loadConfig(home.env)).toThrow("damaged");
  expect(() => loadConfig(home.env)).not.toThrow(config.key);
});

test("a configuration copied from another machine is refused, with the remedy", () => {
  home.configure("https://router.example", { osId: "another machine's" });
  expect(() => loadConfig(home.env)).toThrow("copied from another machine");
});

test("the environment overrides the file, one by one", () => {
  saveConfig(home.env, config);
  const other = machineKey("devbox");
  expect(loadConfig({ ...home.env, CCR_WORKER_URL: "https://other.example" })).toEqual({
    ...config,
    url: "https://other.example",
  });
  expect(loadConfig({ ...home.env, CCR_MACHINE_KEY: other })).toEqual({ ...config, key: other });
});

test("an environment that says all needs no file", () => {
  const env = { CCR_WORKER_URL: "http://127.0.0.1:8787", CCR_MACHINE_ID: "mac", CCR_MACHINE_KEY: machineKey("mac") };
  expect(loadConfig({ ...home.env, ...env })).toMatchObject({ url: "http://127.0.0.1:8787", machineId: "mac" });
});

test("an environment that says a part names what is missing", () => {
  expect(() => loadConfig({ ...home.env, CCR_WORKER_URL: "https://router.example" })).toThrow(
    "CCR_MACHINE_ID and CCR_MACHINE_KEY",
  );
});

test.each([
  [{ CCR_WORKER_URL: "router.example" }, "CCR_WORKER_URL"],
  [{ CCR_WORKER_URL: "" }, "CCR_WORKER_URL"],
  [{ CCR_MACHINE_ID: "Dev Box" }, "CCR_MACHINE_ID"],
  [{ CCR_MACHINE_KEY: "ccr1.devbox.short.mac" }, "CCR_MACHINE_KEY"],
  [{ CCR_MACHINE_KEY: machineKey("macbook") }, "CCR_MACHINE_KEY"],
  [{ CCR_MACHINE_ID: "macbook" }, "CCR_MACHINE_ID"],
])("%j is an error that names %s", (env, name) => {
  saveConfig(home.env, config);
  expect(() => loadConfig({ ...home.env, ...env })).toThrow(name);
});

test("no error shows a key", () => {
  saveConfig(home.env, config);
  const key = machineKey("macbook");
  expect(() => loadConfig({ ...home.env, CCR_MACHINE_KEY: key })).not.toThrow(key);
  expect(() => loadConfig({ ...home.env, CCR_MACHINE_KEY: `${key}!` })).not.toThrow(key);
});

describe("a router's URL", () => {
  test.each([
    ["https://router.example", "https://router.example"],
    ["https://router.example/", "https://router.example"],
    ["https://router.example:8443", "https://router.example:8443"],
    ["http://localhost:8787", "http://localhost:8787"],
    ["http://127.0.0.1:8787/", "http://127.0.0.1:8787"],
    ["http://[::1]:8787", "http://[::1]:8787"],
  ])("%s is taken as %s", (text, url) => {
    expect(parseRouterUrl(text, "URL")).toBe(url);
  });

  test.each([
    ["router", "not a URL"],
    ["http://router.example", "https://"],
    ["http://127.0.0.1.example", "https://"],
    ["ws://router.example", "https://"],
    ["https://me:secret@router.example", "password"],
    ["https://router.example/path", "origin"],
    ["https://router.example/?a=b", "origin"],
  ])("%s is refused: %s", (text, words) => {
    expect(() => parseRouterUrl(text, "URL")).toThrow(words);
  });
});

test("no child inherits what is ours to know", () => {
  const env = {
    PATH: "/bin",
    CCR_SESSION: "s1",
    CCR_WORKER_URL: "a",
    CCR_MACHINE_ID: "b",
    CCR_MACHINE_KEY: "c",
    EMPTY: undefined,
  };
  expect(childEnvironment(env)).toEqual({ PATH: "/bin", CCR_SESSION: "s1" });
});
