import { expect } from "vitest";
import page from "../../../docs/costs.md?raw";
import type { Units } from "./bill.ts";

/** Incoming WebSocket messages are billed so many to a request. */
const MESSAGES_A_REQUEST = 20;

/**
 * Some work costs what the line of `docs/costs.md` says that begins with these words, to the row. Where it does not, what
 * was called and asked is shown: correct the page, or save it again.
 */
export function costsWhatThePageSays(words: string, cost: Units): void {
  const line = page.split("\n").find((text) => text.startsWith(`| ${words}`));
  const [objectRequests, rowsWritten, rowsRead] = line?.split("|").slice(3, 6).map(Number) ?? [];
  const requests = Math.round((cost.requests + cost.messages / MESSAGES_A_REQUEST) * 100) / 100;
  const calls = [...cost.lines].map(([call, count]) => `${count} × ${call}`).join("\n");
  expect(
    { objectRequests: requests, rowsWritten: cost.rowsWritten, rowsRead: cost.rowsRead },
    `${words}:\n${calls}`,
  ).toEqual({ objectRequests, rowsWritten, rowsRead });
}
