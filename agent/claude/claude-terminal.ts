import { setTimeout as delay } from "node:timers/promises";
import { clean } from "../session/clean.ts";
import { isInForeground } from "../session/foreground.ts";
import { processStart } from "../session/process.ts";
import type { Lost, SessionTerminal, SessionTypeResult } from "../session/session-terminal.ts";
import type { ScreenResult, TypeResult } from "../terminal/terminal.ts";
import {
  endsClaude,
  forBox,
  isSamePrompt,
  judgePrompt,
  type PromptPermissions,
  readFileInstead,
  wordFor,
} from "./prompt-text.ts";
import { type ClaudeScreen, queuedPrompts, readClaudeScreen } from "./claude-screen.ts";

/** The terminal that Claude Code runs in, of whatever kind: it types, and checks nothing. */
export type BareTerminal = Pick<SessionTerminal, "key" | "screen"> & {
  type(text: string, kind: "text" | "action"): Promise<TypeResult | Lost | SessionTypeResult>;
  /** It cannot tell what is faint: see `screen`. */
  readonly showsFaint?: boolean;
};

/** What the terminal must know of the session in it. */
export interface ClaudeSurroundings {
  pid: number;
  processStart: string;
  /** Claude draws without colours: nothing is faint. */
  plain?: boolean;
  /** A question is open that a hook of ours knows of. */
  asks(): boolean;
  permissions(): PromptPermissions;
  /** Asks on the phone whether Claude is to be ended. */
  confirmExit(): void;
  /** Puts a text that is too long to type into a private file; returns its path. */
  keep(text: string): string;
}

/** How long a prompt's proof may take before the box is looked at. UserPromptSubmit comes within some 200 ms. */
const PROOF_MS = 1_500;
/** After a key Claude draws anew: an interrupted prompt comes back into the box, for example. Milliseconds. */
const AFTER_KEY_MS = 800;
/** One key is drawn within this. Milliseconds. */
const PROBE_MS = 250;
const INTERRUPTS: ReadonlySet<string> = new Set(["escape", "esc", "ctrl-c"]);
/** An Enter that is lost is repeated so often; never the text (measured: more does not help). */
const ENTERS = 3;

const GONE = "Claude Code does not run there any more: start it again";
const ENDED = "Claude Code ended while this was being typed: look at the terminal before you send it again";
const BEHIND = "another program is in front in its terminal: end it there, or put it behind";
const ASKED = "a question is open there: answer it first";
const NO_BOX = "its input box is not there: it is starting, or a panel hides it, which /esc closes";
const DRAFT = "an unsent draft stands in its box: send or clear it at the terminal, or clear it with /key ctrl-c";
const UNSENT = "it stands unsent in the box: press Enter at the terminal";

/**
 * A terminal with Claude Code in it: looks before it types, and waits for the proof that a prompt was taken. Nothing is
 * typed into a dialog, over a draft, or into another program.
 */
export class ClaudeTerminal implements SessionTerminal {
  readonly #terminal: BareTerminal;
  readonly #around: ClaudeSurroundings;
  /** The prompts whose proof is waited for. */
  readonly #expected = new Set<Proof>();
  /** The slash command that was typed last: Claude may tell of it as of a prompt. */
  #command: string | undefined;
  #prompted: string | undefined;
  /** The prompt that was interrupted from the phone: where that was early, Claude puts it back into the box. */
  #interrupted: string | undefined;
  /** What stood in the box when it was probed: a draft of the user's. */
  #draft: string | undefined;
  /** When the last key has had its effect. */
  #drawn: Promise<void> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();

  constructor(terminal: BareTerminal, around: ClaudeSurroundings) {
    this.#terminal = terminal;
    this.#around = around;
  }

  type(text: string, kind: "text" | "action"): Promise<SessionTypeResult> {
    const words = kind === "action" ? wordFor(text) : text;
    const result = this.#last.then(() =>
      kind === "action" && endsClaude(words) ? this.#askToEnd(words) : this.#type(words),
    );
    this.#last = result.catch(() => undefined);
    return result;
  }

  async key(name: string): Promise<TypeResult | Lost> {
    const { pid } = this.#around;
    if (!this.#lives()) return { status: "failed", reason: GONE };
    if (!isInForeground(pid)) return { status: "held", reason: BEHIND };
    this.#drawn = delay(AFTER_KEY_MS);
    if (INTERRUPTS.has(name)) this.#interrupted = this.#prompted;
    return this.#terminal.key(name);
  }

  screen(): Promise<ScreenResult | Lost> {
    return this.#terminal.screen();
  }

  gone(): void {
    for (const proof of this.#expected) proof.settle("gone");
  }

  /** Claude took a prompt. Returns whether it is one that was typed here just now. */
  submitted(prompt: string): boolean {
    if (this.#command !== undefined && isSamePrompt(this.#command, prompt)) {
      this.#command = undefined;
      return true;
    }
    const proof = [...this.#expected].find(({ state, text }) => state === "open" && isSamePrompt(text, prompt));
    proof?.settle("taken");
    return proof !== undefined;
  }

  /** Whether its box is to be seen: then no dialog is open; and what was typed there and waits for the turn to end. */
  async sees(): Promise<{ box: boolean; queued: string[] }> {
    const text = await this.#text();
    const { state } = readClaudeScreen(text);
    return { box: state === "ready" || state === "draft", queued: queuedPrompts(text) };
  }

  /** Types nothing: the answer comes as a text of its own. */
  #askToEnd(words: string): SessionTypeResult {
    const judged = judgePrompt(words, this.#around.permissions());
    if (judged.status === "refused") return { status: "failed", reason: judged.reason };
    if (!this.#lives()) return { status: "failed", reason: GONE };
    this.#around.confirmExit();
    return { status: "accepted" };
  }

  async #type(text: string): Promise<SessionTypeResult> {
    const cleaned = clean(text);
    const judged = judgePrompt(cleaned.text, this.#around.permissions());
    if (judged.status === "refused") return { status: "failed", reason: judged.reason };
    const unready = await this.#unready();
    if (unready !== undefined) return unready;
    if (judged.status === "command") {
      this.#command = cleaned.text;
      return this.#terminal.type(text, "text");
    }
    if (judged.status !== "long") return this.#prompt(text);
    const done = await this.#prompt(readFileInstead(this.#around.keep(cleaned.text)));
    if (done.status !== "accepted" && done.status !== "unproved") return done;
    // What is typed names the file alone: the text lost its characters on the way into it.
    return cleaned.removed > 0 ? { ...done, removed: cleaned.removed } : done;
  }

  async #prompt(text: string): Promise<SessionTypeResult> {
    const proof = new Proof(clean(text).text);
    this.#prompted = proof.text;
    this.#interrupted = undefined;
    this.#expected.add(proof);
    try {
      const typed = await this.#terminal.type(forBox(text), "text");
      if (typed.status !== "typed") return typed;
      const removed = typed.removed === undefined ? {} : { removed: typed.removed };
      for (let enters = 0; ; enters++) {
        await proof.within(PROOF_MS);
        // The proof may come while the screen is read.
        const screen = proof.state === "open" ? await this.#look() : undefined;
        if (proof.state === "taken") return { status: "accepted", ...removed };
        if (proof.state === "gone") return { status: "lost", reason: ENDED };
        // Gone from the box, and not taken yet: Claude is busy, and has queued it.
        if (screen?.state !== "draft" || !isPartOf(screen.text, proof.text)) return { status: "unproved", ...removed };
        if (enters === ENTERS) return { status: "failed", reason: UNSENT };
        await this.#terminal.key("enter");
      }
    } finally {
      this.#expected.delete(proof);
    }
  }

  /** Why nothing may be typed now; undefined where it may be. */
  async #unready(): Promise<Exclude<TypeResult, { status: "typed" }> | undefined> {
    if (!this.#lives()) return { status: "failed", reason: GONE };
    if (!isInForeground(this.#around.pid)) return { status: "held", reason: BEHIND };
    if (this.#around.asks()) return { status: "held", reason: ASKED };
    await this.#drawn;
    const screen = await this.#look();
    const { state } = this.#isOurs(screen) ? await this.#cleared() : await this.#probed(screen);
    const reasons = { ready: undefined, dialog: ASKED, draft: DRAFT, unknown: NO_BOX } as const;
    const reason = reasons[state];
    return reason === undefined ? undefined : { status: "held", reason };
  }

  /** Whether what stands in the box is not the user's, but the prompt from the phone that was interrupted. */
  #isOurs(screen: ClaudeScreen): boolean {
    return screen.state === "draft" && this.#interrupted !== undefined && bare(screen.text) === bare(this.#interrupted);
  }

  /**
   * Where nothing tells what is faint, a space tells a draft from what Claude proposes: that goes with it. It is taken
   * back, and each draft is tried once, so that nobody is disturbed while typing.
   */
  async #probed(screen: ClaudeScreen): Promise<ClaudeScreen> {
    const tellsFaint = this.#terminal.showsFaint !== true && this.#around.plain !== true;
    if (screen.state !== "draft" || tellsFaint || screen.text === this.#draft) return screen;
    this.#draft = screen.text;
    await this.#terminal.key("space");
    await delay(PROBE_MS);
    const probed = await this.#look();
    await this.#terminal.key("backspace");
    await delay(PROBE_MS);
    // Claude may propose the same once more.
    if (probed.state !== "draft") this.#draft = undefined;
    return probed;
  }

  async #cleared(): Promise<ClaudeScreen> {
    await this.#terminal.key("ctrl-c");
    await delay(AFTER_KEY_MS);
    return this.#look();
  }

  #lives(): boolean {
    return processStart(this.#around.pid) === this.#around.processStart;
  }

  async #look(): Promise<ClaudeScreen> {
    return readClaudeScreen(await this.#text());
  }

  async #text(): Promise<string> {
    // What Claude proposes in an empty box is faint, and no draft.
    const screen = await this.#terminal.screen("hidden");
    return screen.status === "screen" ? screen.text : "";
  }
}

/** Whether the box shows a text, in lines of its own making and perhaps only the end of it; a long paste has a name there. */
function isPartOf(shown: string, text: string): boolean {
  return shown.includes("[Pasted text") || bare(text).includes(bare(shown));
}

function bare(text: string): string {
  return text.replaceAll(/\s/g, "");
}

/** Whether a prompt that is being typed was taken. */
class Proof {
  readonly text: string;
  readonly #settled = Promise.withResolvers<void>();
  #state: "open" | "taken" | "gone" = "open";

  constructor(text: string) {
    this.text = text;
  }

  get state(): "open" | "taken" | "gone" {
    return this.#state;
  }

  settle(state: "taken" | "gone"): void {
    this.#state = state;
    this.#settled.resolve();
  }

  /** Resolves when it is settled, or after so many milliseconds. */
  async within(ms: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, ms);
    await Promise.race([this.#settled.promise, late.promise]);
    clearTimeout(timer);
  }
}
