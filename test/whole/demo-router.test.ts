import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeSecrets } from "../../agent/demo/secrets.ts";
import { PortOccupied } from "../../agent/home/port.ts";
import { Router } from "../../agent/home/router.ts";
import { builtWorkerPath } from "./built-worker-path.ts";

let folder: string;
let router: Router;

const secrets = makeSecrets();
const bindings = {
  TELEGRAM_API_ROOT: "http://127.0.0.1:1",
  TELEGRAM_BOT_USERNAME: "ccr_demo_bot",
  TELEGRAM_BOT_TOKEN: secrets.botToken,
  TELEGRAM_WEBHOOK_SECRET: secrets.webhookSecret,
  TELEGRAM_WEBHOOK_PATH_SECRET: secrets.webhookPathSecret,
  MACHINE_KEY_SECRET: secrets.machineKeySecret,
  ALLOWED_USER_IDS: "1",
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ccr-router-"));
  router = await Router.start({ folder, bindings, scriptPath: builtWorkerPath() });
});
afterAll(async () => {
  await router.stop();
  await rm(folder, { recursive: true });
});

const health = async (): Promise<string> => (await fetch(`${router.url}/health`)).text();

describe("the router on one machine", () => {
  test("answers on loopback", async () => {
    await expect(health()).resolves.toBe("ok");
  });

  test("comes back at the same address after it was killed", async () => {
    await router.kill();
    await expect(health()).rejects.toThrow("fetch failed");
    await router.restart();
    await expect(health()).resolves.toBe("ok");
  });

  test("names a port that is taken", async () => {
    const other = createServer();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await expect(
      Router.start({ folder: join(folder, "second"), port, bindings, scriptPath: builtWorkerPath() }),
    ).rejects.toThrow(PortOccupied);
    await expect(Router.start({ folder: join(folder, "second"), port, bindings })).rejects.toThrow(`Port ${port}`);
    other.close();
  });

  test("says where to look when the Worker does not start", async () => {
    const broken = Router.start({ folder: join(folder, "broken"), bindings, scriptPath: join(folder, "missing.js") });
    await expect(broken).rejects.toThrow(/router\.log/);
  });

  test("writes no secret into its log", async () => {
    const log = await readFile(join(folder, "router.log"), "utf8");
    for (const secret of Object.values(secrets)) expect(log).not.toContain(secret);
  });
});
