import { createConnection } from "node:net";
import * as v from "valibot";
import { pack, unpack } from "./msgpack.ts";

/** nvim answers in milliseconds, unless it waits for a key itself. */
const ANSWER_WITHIN_MS = 5_000;

export type NvimAnswer = { status: "answered"; value: unknown } | { status: "failed"; reason: string };

/** What is passed to Lua. */
export type LuaArgument = number | string | readonly (number | string)[];

/**
 * Runs Lua in the nvim that listens at `server` (`$NVIM`), with arguments that no quoting can spoil. An nvim that waits
 * for a key would run it at some later time, so it is asked before, and given up then.
 */
export async function runLua(server: string, code: string, args: readonly LuaArgument[]): Promise<NvimAnswer> {
  const connection = await NvimConnection.open(server);
  if (connection === undefined) return { status: "failed", reason: "its nvim is gone: start the session again" };
  try {
    const mode = await connection.call("nvim_get_mode", []);
    if (mode.status === "failed") return mode;
    if (!(mode.value instanceof Map) || mode.value.get("blocking") !== false) {
      return { status: "failed", reason: "its nvim waits for a key: press one there" };
    }
    return await connection.call("nvim_exec_lua", [code, args]);
  } finally {
    connection.end();
  }
}

type Parameter = string | readonly LuaArgument[];

/** One connection; one call at a time. */
class NvimConnection {
  readonly #socket: ReturnType<typeof createConnection>;
  #pending = Buffer.alloc(0);
  #answer: (answer: NvimAnswer) => void = () => {};

  static open(server: string): Promise<NvimConnection | undefined> {
    return new Promise((resolve) => {
      const socket = createConnection(server);
      socket.once("error", () => resolve(undefined));
      socket.once("connect", () => resolve(new NvimConnection(socket)));
    });
  }

  private constructor(socket: ReturnType<typeof createConnection>) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#answer({ status: "failed", reason: "its nvim ended while it was asked" }));
  }

  async call(method: string, parameters: readonly Parameter[]): Promise<NvimAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<NvimAnswer>((resolve) => {
      this.#answer = resolve;
      timer = setTimeout(() => resolve({ status: "failed", reason: "its nvim does not answer" }), ANSWER_WITHIN_MS);
      this.#socket.write(pack([REQUEST, 0, method, parameters]));
    });
    clearTimeout(timer);
    return answer;
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (let read = unpack(this.#pending); read !== undefined; read = unpack(this.#pending)) {
      this.#pending = this.#pending.subarray(read.length);
      this.#hear(read.value);
    }
  }

  #hear(message: unknown): void {
    // Notifications are not asked for, and not answered.
    if (!v.is(Response, message)) return;
    const [, , error, value] = message;
    if (error === null) return this.#answer({ status: "answered", value });
    const text = v.is(Failure, error) ? error[1] : JSON.stringify(error);
    this.#answer({ status: "failed", reason: `nvim: ${text}`.slice(0, 500) });
  }
}

/** MessagePack-RPC's types of message. */
const REQUEST = 0;
const RESPONSE = 1;

const Response = v.tuple([v.literal(RESPONSE), v.number(), v.unknown(), v.unknown()]);
/** A kind of error, and its text. */
const Failure = v.looseTuple([v.number(), v.string()]);
