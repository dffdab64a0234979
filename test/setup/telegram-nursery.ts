import { once } from "node:events";
import { createServer } from "node:http";
import type { TestProject } from "vitest/node";
import { TelegramStandIn } from "../../agent/demo/telegram/telegram-stand-in.ts";
import { BOT } from "./worker-bindings.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** `POST` here starts another stand-in for Telegram; the answer is its URL. */
    telegramNursery: string;
  }
}

/**
 * Starts a stand-in for Telegram whenever a test file asks for one. The configuration of a test file is computed
 * anew for each but has no end of its own, so the stand-ins live here, where a teardown stops them.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: TelegramStandIn[] = [];
  const server = createServer((_request, response) => {
    TelegramStandIn.start(BOT).then(
      (telegram) => {
        started.push(telegram);
        response.end(telegram.url);
      },
      (error: unknown) => {
        response.writeHead(500).end(String(error));
      },
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The nursery listens on no port.");
  project.provide("telegramNursery", `http://127.0.0.1:${address.port}`);
  return async () => {
    server.close();
    await Promise.all(started.map((telegram) => telegram.stop()));
  };
}
