import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { compose } from "./compose.ts";
import { cellsOf, withoutFaint } from "./faint.ts";
import { keyBytes } from "./keys.ts";
import { settled, standsAlone } from "./settled.ts";
import { lastLines } from "./shown-lines.ts";
import type { BeforeEnter, Faint, ScreenResult, Terminal, TypeResult } from "./terminal.ts";

/** A pane of tmux: its server's socket (the first part of `$TMUX`) and its id (`$TMUX_PANE`). */
export type TmuxPane = { socket: string; pane: string };

/** tmux answers in milliseconds: longer, and it hangs. */
const ANSWER_WITHIN_MS = 5_000;

/** Lines of history that are read along, so that a low pane can still show enough. */
const HISTORY = 100;

/** Reads where a program runs from the variables that it inherited; undefined where they are not tmux's. */
export function tmuxPane(tmux: string | undefined, pane: string | undefined): TmuxPane | undefined {
  // "/tmp/tmux-0/default,1234,0": the server's process and the session follow. A path may hold commas itself.
  const socket = /^(\/.+),\d+,\d+$/.exec(tmux ?? "")?.[1];
  if (socket === undefined || pane === undefined || !/^%\d+$/.test(pane)) return undefined;
  return { socket, pane };
}

type Answer = { status: "printed"; text: string } | { status: "failed"; reason: string };

/** A pane as tmux describes it. */
type PaneState = { applicationCursor: boolean; inMode: boolean };

const ENDED = "the tmux pane is gone: start the session again";

/** A pane of somebody's tmux, that the user may be looking at. */
export class TmuxTerminal implements Terminal {
  readonly #place: TmuxPane;
  #last: Promise<unknown> = Promise.resolve();
  #alive = true;

  /** At most one of them for a pane: each keeps its own order. */
  constructor(place: TmuxPane) {
    this.#place = place;
  }

  type(text: string, kind: "text" | "action", beforeEnter?: BeforeEnter): Promise<TypeResult> {
    return this.#inTurn(async () => {
      const composed = compose(text, kind, true);
      if (composed.status === "failed") return composed;
      const { body, closing, removed } = composed;
      // tmux adds the marks of a paste itself, where the program asked for them.
      const isPaste = closing !== "";
      const plain = isPaste ? body.slice(PASTE_MARK, -PASTE_MARK) : body;
      if (plain !== "") {
        const pasted = await this.#paste(plain, isPaste);
        if (pasted.status === "failed") return pasted;
        await settled(() => this.#look());
      }
      const refused = await beforeEnter?.();
      if (refused !== undefined) return { status: "held", reason: refused };
      const entered = await this.#bytes("\r");
      if (entered.status === "failed") return plain === "" ? entered : half(entered.reason);
      return removed > 0 ? { status: "typed", removed } : { status: "typed" };
    });
  }

  key(name: string): Promise<TypeResult> {
    return this.#inTurn(async ({ applicationCursor }) => {
      const key = keyBytes(name, applicationCursor);
      if (key.status === "failed") return key;
      const pressed = await this.#bytes(key.bytes);
      await standsAlone(key.bytes);
      return pressed.status === "failed" ? pressed : { status: "typed" };
    });
  }

  async screen(faint: Faint = "shown"): Promise<ScreenResult> {
    const looks = faint === "hidden" ? ["-e"] : [];
    const range = ["-J", "-S", `-${HISTORY}`, "-t", this.#place.pane];
    const captured = await this.#tmux(["capture-pane", "-p", ...looks, ...range]);
    if (captured.status === "failed") return captured;
    const { text } = captured;
    const lines = faint === "hidden" ? cellsOf(text).map((cells) => withoutFaint(cells)) : text.split("\n");
    return { status: "screen", text: lastLines(lines) };
  }

  alive(): boolean {
    return this.#alive;
  }

  #inTurn(order: (state: PaneState) => Promise<TypeResult>): Promise<TypeResult> {
    const result = this.#last.then(async (): Promise<TypeResult> => {
      const state = await this.#state();
      if ("status" in state) return state;
      if (state.inMode) {
        const left = await this.#tmux(["send-keys", "-t", this.#place.pane, "-X", "cancel"]);
        if (left.status === "failed") return left;
      }
      return await order(state);
    });
    this.#last = result;
    return result;
  }

  /** What must be known before a byte is sent. */
  async #state(): Promise<PaneState | Exclude<TypeResult, { status: "typed" }>> {
    const { pane } = this.#place;
    const format =
      "#{pane_id} #{pane_dead} #{pane_in_mode} #{pane_synchronized} #{pane_input_off} #{keypad_cursor_flag}";
    const asked = await this.#tmux(["display-message", "-p", "-t", pane, format]);
    const [id, dead, inMode, together, inputOff, cursor] =
      asked.status === "printed" ? asked.text.trim().split(" ") : [];
    this.#alive = id === pane && dead === "0";
    if (!this.#alive) return { status: "failed", reason: ENDED };
    if (together === "1") {
      return { status: "held", reason: "the panes of its tmux window are synchronized: it would be typed into all" };
    }
    if (inputOff === "1")
      return { status: "held", reason: "its tmux pane takes no input (select-pane -e turns it on)" };
    return { inMode: inMode !== "0", applicationCursor: cursor === "1" };
  }

  async #paste(text: string, isPaste: boolean): Promise<Answer> {
    // A name of its own: pastes of other programs, and of other panes, go on at the same time.
    const name = `ccr-${randomUUID()}`;
    const loaded = await this.#tmux(["load-buffer", "-b", name, "-"], text);
    if (loaded.status === "failed") return loaded;
    const marks = isPaste ? ["-p"] : [];
    const pasted = await this.#tmux(["paste-buffer", ...marks, "-r", "-d", "-b", name, "-t", this.#place.pane]);
    if (pasted.status === "failed") await this.#tmux(["delete-buffer", "-b", name]);
    return pasted;
  }

  async #bytes(bytes: string): Promise<Answer> {
    const hex = [...Buffer.from(bytes)].map((byte) => byte.toString(16));
    return await this.#tmux(["send-keys", "-t", this.#place.pane, "-H", ...hex]);
  }

  async #look(): Promise<string | undefined> {
    const captured = await this.#tmux(["capture-pane", "-p", "-t", this.#place.pane]);
    return captured.status === "printed" ? captured.text : undefined;
  }

  /** One command of tmux. Its arguments go to no shell, and the text to its standard input. */
  #tmux(args: readonly string[], input = ""): Promise<Answer> {
    return new Promise((resolve) => {
      const child = spawn("tmux", ["-S", this.#place.socket, ...args], { timeout: ANSWER_WITHIN_MS });
      let printed = "";
      let complaint = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (printed += chunk));
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
      // A tmux that ended at once does not read; its status says why.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      child.once("error", () => resolve({ status: "failed", reason: "tmux cannot be run here: is it in the PATH?" }));
      child.once("close", (code) => {
        if (code === 0) return resolve({ status: "printed", text: printed });
        resolve({ status: "failed", reason: `tmux: ${complaint.trim() || "it does not answer"}`.slice(0, 500) });
      });
    });
  }
}

/** Characters of the mark that begins or ends a paste: `ESC [ 2 0 0 ~`. */
const PASTE_MARK = 6;

function half(reason: string): TypeResult {
  return { status: "failed", reason: `${reason} (a part of the text may stand there, and Enter was not pressed)` };
}
