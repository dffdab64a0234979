import { beforeEach } from "vitest";
import { AgentHome } from "./agent-home.ts";
import { StandInRouter } from "./stand-in-router.ts";

/** Before each test of a file: a router, and an agent's home that is configured for it. Both end with the test. */
export function homeForEach(take: (router: StandInRouter, home: AgentHome) => void): void {
  beforeEach(async () => {
    const router = await StandInRouter.start();
    const home = new AgentHome();
    home.configure(router.url);
    take(router, home);
    return async () => {
      await home.remove();
      await router.stop();
    };
  });
}
