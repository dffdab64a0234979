import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { workerBindings } from "./test/setup/worker-bindings.ts";

/** Building the Worker, starting a runtime, two agents and their terminals takes seconds on a small machine. */
const WHOLE_TIMEOUT_MS = 60_000;

/** A start of the real CLI takes seconds, and a test may need several. */
const CLAUDE_TIMEOUT_MS = 120_000;

// Wrangler warns, for every file, of secrets that stand in the bindings below.
process.env["WRANGLER_LOG"] ??= "error";

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line-reporter.ts"],
    projects: [
      {
        // Inside workerd: each file has a runtime, a storage and a stand-in for Telegram of its own.
        plugins: [
          cloudflareTest(async ({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: await workerBindings(inject("telegramNursery")) },
          })),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          globalSetup: ["./test/setup/telegram-nursery.ts"],
          testTimeout: 15_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "agent",
          include: ["test/agent/**/*.test.ts"],
          pool: "forks",
          testTimeout: 15_000,
        },
      },
      {
        test: {
          name: "whole",
          include: ["test/whole/**/*.test.ts"],
          exclude: ["test/whole/**/*.browser.test.ts"],
          globalSetup: ["./test/setup/built-worker.ts"],
          pool: "forks",
          maxWorkers: 2,
          testTimeout: WHOLE_TIMEOUT_MS,
          hookTimeout: WHOLE_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/whole/**/*.browser.test.ts"],
          globalSetup: ["./test/setup/built-worker.ts"],
          pool: "forks",
          maxWorkers: 1,
          testTimeout: WHOLE_TIMEOUT_MS,
          hookTimeout: WHOLE_TIMEOUT_MS,
        },
      },
      {
        // Proves that chaos finds what is broken: takes minutes, so it is not part of `npm test`.
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          globalSetup: ["./test/setup/built-worker.ts"],
          pool: "forks",
          maxWorkers: 1,
          testTimeout: WHOLE_TIMEOUT_MS,
          hookTimeout: WHOLE_TIMEOUT_MS,
        },
      },
      {
        // The real Claude Code in real terminals: fetched from the registry once, so it is not part of `npm test`.
        test: {
          name: "claude",
          include: ["test/claude/**/*.test.ts"],
          globalSetup: ["./test/claude/support/fetch-claude.ts", "./test/setup/built-worker.ts"],
          pool: "forks",
          maxWorkers: 1,
          testTimeout: CLAUDE_TIMEOUT_MS,
          hookTimeout: CLAUDE_TIMEOUT_MS,
        },
      },
    ],
  },
});
