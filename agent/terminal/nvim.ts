import * as v from "valibot";
import { compose } from "./compose.ts";
import { keyBytes } from "./keys.ts";
import { type LuaArgument, type NvimAnswer, runLua } from "./nvim-rpc.ts";
import { settled, standsAlone } from "./settled.ts";
import { lastLines } from "./shown-lines.ts";
import type { BeforeEnter, ScreenResult, Terminal, TypeResult } from "./terminal.ts";

/** A terminal buffer of nvim: the server's socket (`$NVIM`) and the process that the buffer was opened for. */
export type NvimBuffer = { server: string; jobPid: number };

/** Lines at the end of the buffer that are read: it holds its history too. */
const READ_LINES = 200;

/** Finds the buffer of a job, and leaves where there is none. */
const FIND = `
local pid = ...
local found
for _, buf in ipairs(vim.api.nvim_list_bufs()) do
  local ok, job = pcall(vim.api.nvim_buf_get_var, buf, "terminal_job_pid")
  if ok and job == pid then found = buf end
end
if not found then return vim.NIL end
`;

/** A closed buffer keeps its number for a while, but its channel is gone. */
const SEND = `${FIND}
local channel = vim.api.nvim_buf_get_option(found, "channel")
if not pcall(vim.api.nvim_chan_send, channel, (select(2, ...))) then return vim.NIL end
return true
`;

const READ = `${FIND}
return vim.api.nvim_buf_get_lines(found, -1 - select(2, ...), -1, false)
`;

const JOBS = `
local jobs = {}
for _, buf in ipairs(vim.api.nvim_list_bufs()) do
  local ok, job = pcall(vim.api.nvim_buf_get_var, buf, "terminal_job_pid")
  if ok then table.insert(jobs, job) end
end
return jobs
`;

/**
 * The terminal buffer of the nvim at `server` that a process runs in: the one whose job is among its `ancestors` (or
 * the process itself), the nearest first. Undefined where it runs in none of them.
 */
export async function findNvimBuffer(server: string, ancestors: readonly number[]): Promise<NvimBuffer | undefined> {
  const asked = await runLua(server, JOBS, []);
  if (asked.status === "failed" || !v.is(v.array(v.number()), asked.value)) return undefined;
  const jobs = asked.value;
  const jobPid = ancestors.find((pid) => jobs.includes(pid));
  return jobPid === undefined ? undefined : { server, jobPid };
}

/** A terminal buffer of somebody's nvim. */
export class NvimTerminal implements Terminal {
  /** nvim forgets which text is faint. */
  readonly showsFaint = true;
  readonly #place: NvimBuffer;
  #last: Promise<unknown> = Promise.resolve();
  #alive = true;

  /** At most one of them for a buffer: each keeps its own order. */
  constructor(place: NvimBuffer) {
    this.#place = place;
  }

  type(text: string, kind: "text" | "action", beforeEnter?: BeforeEnter): Promise<TypeResult> {
    return this.#inTurn(async () => {
      const composed = compose(text, kind, true);
      if (composed.status === "failed") return composed;
      const { body, removed } = composed;
      if (body !== "") {
        const written = await this.#send(body);
        if (written.status !== "typed") return written;
        await settled(() => this.#look());
      }
      const refused = await beforeEnter?.();
      if (refused !== undefined) return { status: "held", reason: refused };
      const entered = await this.#send("\r");
      if (entered.status !== "typed") return entered;
      return removed > 0 ? { status: "typed", removed } : { status: "typed" };
    });
  }

  key(name: string): Promise<TypeResult> {
    return this.#inTurn(async () => {
      // nvim does not tell which form of the cursor keys the program asked for; Claude Code takes both.
      const key = keyBytes(name, false);
      if (key.status === "failed") return key;
      const pressed = await this.#send(key.bytes);
      await standsAlone(key.bytes);
      return pressed;
    });
  }

  async screen(): Promise<ScreenResult> {
    const read = await this.#lua(READ, READ_LINES);
    if (read.status === "failed") return read;
    return { status: "screen", text: lastLines(linesOf(read)) };
  }

  alive(): boolean {
    return this.#alive;
  }

  #inTurn(order: () => Promise<TypeResult>): Promise<TypeResult> {
    const result = this.#last.then(order);
    this.#last = result;
    return result;
  }

  async #send(bytes: string): Promise<TypeResult> {
    const sent = await this.#lua(SEND, bytes);
    return sent.status === "failed" ? sent : { status: "typed" };
  }

  async #look(): Promise<string | undefined> {
    const read = await this.#lua(READ, READ_LINES);
    return read.status === "failed" ? undefined : linesOf(read).join("\n");
  }

  async #lua(code: string, argument: LuaArgument): Promise<NvimAnswer> {
    const answer = await runLua(this.#place.server, code, [this.#place.jobPid, argument]);
    if (answer.status === "failed" || answer.value !== null) return answer;
    this.#alive = false;
    return { status: "failed", reason: "its terminal in nvim is closed: start the session again" };
  }
}

function linesOf({ value }: { value: unknown }): string[] {
  return v.is(v.array(v.string()), value) ? value : [];
}
