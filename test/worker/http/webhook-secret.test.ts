import { expect, test } from "vitest";
import { sameSecret } from "../../../src/http/webhook-secret.ts";

test("the configured secret is the same", async () => {
  expect(await sameSecret("s3cret_-", "s3cret_-")).toBe(true);
});

test.each([null, "", "s3cret_", "s3cret_-x", "S3cret_-", "x".repeat(10_000)])("%j is another secret", async (given) => {
  expect(await sameSecret(given, "s3cret_-")).toBe(false);
});

test.each([null, "", "anything"])("where no secret is configured, %j is not it", async (given) => {
  expect(await sameSecret(given, "")).toBe(false);
});
