import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";

test("GET /health answers ok to anyone", async () => {
  const response = await exports.default.fetch("https://router.test/health");
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("ok");
});
