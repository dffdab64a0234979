import { setTimeout as delay } from "node:timers/promises";
import { compose } from "./compose.ts";
import { keyBytes } from "./keys.ts";
import { fit, readLineDiscipline } from "./line-discipline.ts";
import type { Pty } from "./pty.ts";
import type { Screen } from "./screen.ts";
import { standsAlone } from "./settled.ts";
import type { BeforeEnter, Faint, ScreenResult, Terminal, TypeResult } from "./terminal.ts";
import type { Written } from "./write-queue.ts";

/** A program that takes no byte for so long does not read its terminal now. */
const STALL_MS = 5_000;

/**
 * The pause between a text and its Enter, in milliseconds: in one write, or too close together, a program takes both
 * as one paste and the Enter as a newline (measured with Claude Code, which needs 150 to 500). It ends early, after
 * `least`, once the program has shown the text and been quiet for `quiet`.
 */
const PAUSE = { least: 150, quiet: 80, most: 500 };

/** The terminal of `run`: a PTY of ours, and the screen that its output makes. */
export class PtyTerminal implements Terminal {
  readonly #pty: Pty;
  readonly #screen: Screen;
  #last: Promise<unknown> = Promise.resolve();
  #lastOutput = 0;

  constructor(pty: Pty, screen: Screen) {
    this.#pty = pty;
    this.#screen = screen;
    pty.onOutput(() => (this.#lastOutput = performance.now()));
  }

  type(text: string, kind: "text" | "action", beforeEnter?: BeforeEnter): Promise<TypeResult> {
    return this.#inTurn(async () => {
      const { bracketedPaste } = await this.#screen.modes();
      const composed = compose(text, kind, bracketedPaste);
      if (composed.status === "failed") return composed;
      const { body, closing, removed } = composed;
      const fitting = fit(body, await readLineDiscipline(this.#pty.path));
      if (fitting.status !== "fits") return fitting;

      const written = await this.#pty.write(body, { stallMs: STALL_MS, closing: Buffer.from(closing) });
      if (written !== "written") return notTaken(written);
      if (body !== "") await this.#settled();
      const refused = await beforeEnter?.();
      if (refused !== undefined) return { status: "held", reason: refused };
      const entered = await this.#pty.write("\r", { stallMs: STALL_MS });
      if (entered !== "written") return notTaken(entered);
      return removed > 0 ? { status: "typed", removed } : { status: "typed" };
    });
  }

  key(name: string): Promise<TypeResult> {
    return this.#inTurn(async () => {
      const { applicationCursor } = await this.#screen.modes();
      const key = keyBytes(name, applicationCursor);
      if (key.status === "failed") return key;
      const written = await this.#pty.write(key.bytes, { stallMs: STALL_MS });
      if (written !== "written") return notTaken(written);
      await standsAlone(key.bytes);
      return { status: "typed" };
    });
  }

  async screen(faint?: Faint): Promise<ScreenResult> {
    return { status: "screen", text: await this.#screen.text(faint) };
  }

  alive(): boolean {
    return !this.#pty.ended;
  }

  /** One order after the other: the Enter of one text must not submit another. */
  #inTurn(order: () => Promise<TypeResult>): Promise<TypeResult> {
    const result = this.#last.then(() => (this.alive() ? order() : notTaken("gone")));
    this.#last = result;
    return result;
  }

  async #settled(): Promise<void> {
    const start = performance.now();
    await delay(PAUSE.least);
    for (let now = performance.now(); now - start < PAUSE.most; now = performance.now()) {
      const shown = this.#lastOutput >= start;
      const quietFor = now - Math.max(this.#lastOutput, start);
      if (shown && quietFor >= PAUSE.quiet) return;
      await delay(Math.min(PAUSE.quiet, start + PAUSE.most - now));
    }
  }
}

function notTaken(written: Exclude<Written, "written">): TypeResult {
  if (written === "gone") return { status: "failed", reason: "the program has ended: start it again" };
  return {
    status: "failed",
    reason: "the program does not read its terminal now: a part of the text may stand there, and Enter was not pressed",
  };
}
