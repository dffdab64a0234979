import { expect, test } from "vitest";
import { sameSecret } from "../../../src/http/webhook-secret.ts";

test("the configured secret is the same", () => {
  expect(sameSecret("s3cret_-", "s3cret_-")).toBe(true);
});

test.each([null, "", "s3cret_", "s3cret_-\0", "s3cret_-x", "S3cret_-", "x".repeat(10_000)])(
  "%j is another secret",
  (given) => {
    expect(sameSecret(given, "s3cret_-")).toBe(false);
  },
);

test.each([null, "", "anything"])("where no secret is configured, %j is not it", (given) => {
  expect(sameSecret(given, "")).toBe(false);
});
