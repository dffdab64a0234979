import type { BareTerminal } from "../../../agent/claude/claude-terminal.ts";
import type { BeforeEnter, TypeResult } from "../../../agent/terminal/terminal.ts";

const EDGE = "─".repeat(40);

/** Screens of Claude Code, as it draws them. */
export const SCREENS = {
  ready: [EDGE, "❯\u00a0", EDGE, "  ? for shortcuts"].join("\n"),
  draft: [EDGE, "❯\u00a0half a thought", EDGE, "  ? for shortcuts"].join("\n"),
  dialog: ["Do you want to proceed?", "❯ 1. Yes", "  2. No"].join("\n"),
  starting: "",
};

/** A terminal whose screen the test draws, and that writes down what it was told to do. */
export class ScriptedTerminal implements BareTerminal {
  screenNow = SCREENS.ready;
  readonly done: string[] = [];
  /** Called with each thing that is done. */
  on: (what: string) => void = () => {};

  /** Called when a text stands there, before its Enter. */
  onPaste: () => void = () => {};

  async type(text: string, _kind: "text" | "action", beforeEnter?: BeforeEnter): Promise<TypeResult> {
    this.onPaste();
    const reason = await beforeEnter?.();
    this.#note(reason === undefined ? `type ${text}` : `paste ${text}`);
    return reason === undefined ? { status: "typed" } : { status: "held", reason };
  }

  async key(name: string): Promise<{ status: "typed" }> {
    this.#note(`key ${name}`);
    return { status: "typed" };
  }

  async screen(): Promise<{ status: "screen"; text: string }> {
    return { status: "screen", text: this.screenNow };
  }

  #note(what: string): void {
    this.done.push(what);
    this.on(what);
  }
}
