import { chmodSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AGENT_VERSION } from "../../agent/version.ts";
import { AgentHome, machineKey, TestTerminal, until } from "./agent-home.ts";
import { containing, matching } from "./matchers.ts";
import { StandInRouter } from "./stand-in-router.ts";

let router: StandInRouter;
let home: AgentHome;

beforeEach(async () => {
  router = await StandInRouter.start();
  home = new AgentHome();
});

afterEach(async () => {
  await home.remove();
  await router.stop();
});

test("--help shows every command, and what goes wrong shows it too", async () => {
  const help = await home.run(["--help"]);
  expect(help.status).toBe(0);
  for (const command of ["pair", "start", "run", "notify", "status"])
    expect(help.stdout).toContain(`ccr-agent ${command}`);
  for (const args of [[], ["dance"], ["status", "--loud"], ["start", "now"], ["toString"]]) {
    expect(await home.run(args)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: containing("ccr-agent notify"),
    });
  }
});

test("--version is the package's", async () => {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  expect(manifest).toContain(`"version": "${AGENT_VERSION}"`);
  expect(await home.run(["--version"])).toEqual({ status: 0, stdout: `${AGENT_VERSION}\n`, stderr: "" });
});

describe("start", () => {
  test("without a configuration says how to get one, and must not be restarted", async () => {
    expect(await home.run(["start"])).toMatchObject({ status: 78, stderr: containing("/pair NAME") });
  });

  test("with a file that others can read is refused", async () => {
    home.configure(router.url);
    chmodSync(home.configFile, 0o644);
    expect(await home.run(["start"])).toMatchObject({ status: 78, stderr: containing("chmod 600") });
  });

  test("with a copied file is refused", async () => {
    home.configure(router.url, { osId: "another machine's" });
    expect(await home.run(["start"])).toMatchObject({
      status: 78,
      stderr: containing("copied from another machine"),
    });
  });

  test("runs on the environment alone", async () => {
    const agent = home.start({
      CCR_WORKER_URL: router.url,
      CCR_MACHINE_ID: "macbook",
      CCR_MACHINE_KEY: machineKey("macbook"),
    });
    await agent.says("online: macbook");
    expect(router.peer.url).toBe("/ws?machineId=macbook");
  });

  test("with a state folder whose path is too long for a socket says so", async () => {
    home.configure(router.url);
    const agent = home.start({ XDG_STATE_HOME: `${home.folder}/${"x".repeat(120)}` });
    expect(await agent.exited).toBe(1);
    expect(agent.output).toContain("XDG_STATE_HOME");
  });

  test("while the router is away keeps trying, and comes online with it", async () => {
    home.configure(router.url);
    const { port } = router;
    await router.stop();
    const agent = home.start();
    await agent.says("offline: the router cannot be reached (ECONNREFUSED)");
    router = await StandInRouter.start(port);
    await agent.says("online: devbox");
  });
});

describe("status", () => {
  test("without a daemon says so", async () => {
    home.configure(router.url);
    const result = await home.run(["status"]);
    expect(result).toMatchObject({ status: 1, stdout: matching(/^offline: The daemon is not running/) });
    expect(result.stdout).toContain(`devbox at ${router.url}`);
  });

  test("online names the sessions and the queues", async () => {
    home.configure(router.url);
    await home.online();
    await TestTerminal.attach(home, "s1", { label: "api (main)" });
    await until("it is registered", () => router.bodies("/sessions/register").length === 1);
    const result = await home.run(["status"]);
    expect(result.status).toBe(0);
    expect(result.stdout).toMatch(/^online\n/);
    expect(result.stdout).toContain("session api (main) (s1) · sh · 0 waiting to be typed");
  });

  test("offline says why", async () => {
    home.configure(router.url);
    router.refusal = { status: 401 };
    const agent = home.start();
    await agent.says("offline:");
    expect(await home.run(["status"])).toMatchObject({ status: 1, stdout: matching(/^offline: .*401/) });
  });

  test("names what the router refused for good", async () => {
    home.configure(router.url);
    router.answer = () => ({ status: 409, body: { error: "this session moved to macbook" } });
    const agent = await home.online();
    await TestTerminal.attach(home, "s1");
    await agent.says("refused for good");
    expect((await home.run(["status"])).stdout).toContain("this session moved to macbook (409)");
  });

  test.each([4001, 4002, 4003])("after %i tells why the agent ended with 78", async (code) => {
    home.configure(router.url);
    const agent = await home.online();
    router.peer.close(code);
    expect(await agent.exited).toBe(78);
    expect((await home.run(["status"])).stdout).toContain(String(code));
    const again = await home.online();
    await again.kill("SIGTERM");
    expect((await home.run(["status"])).stdout).not.toContain(String(code));
  });
});
