import { setTimeout as delay } from "node:timers/promises";
import { clean } from "../session/clean.ts";
import { isInForeground } from "../session/foreground.ts";
import { processStart } from "../session/process.ts";
import type { Lost, SessionTerminal, SessionTypeResult } from "../session/session-terminal.ts";
import type { BeforeEnter, ScreenResult, TypeResult } from "../terminal/terminal.ts";
import { type ClaudeScreen, isDraftOf, isSameShown, queuedPrompts, readClaudeScreen } from "./claude-screen.ts";
import { Proof } from "./proof.ts";
import {
  endsClaude,
  forBox,
  isSamePrompt,
  judgePrompt,
  type PromptPermissions,
  readFileInstead,
  wordFor,
} from "./prompt-text.ts";

/** The terminal that Claude Code runs in, of whatever kind: it types, and checks nothing. */
export type BareTerminal = Pick<SessionTerminal, "key" | "screen"> & {
  type(
    text: string,
    kind: "text" | "action",
    beforeEnter?: BeforeEnter,
  ): Promise<TypeResult | Lost | SessionTypeResult>;
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
/** Enter is pressed so often in all, where one is lost; the text is never typed again (measured: more does not help). */
const ENTERS = 3;

const GONE = "Claude Code does not run there any more: start it again";
const ENDED = "Claude Code ended while this was being typed: look at the terminal before you send it again";
const BEHIND = "another program is in front in its terminal: end it there, or put it behind";
const ASKED = "a question is open there: answer it first";
const NO_BOX = "its input box is not there: it is starting, or a panel hides it, which /esc closes";
const DRAFT = "an unsent draft stands in its box: send or clear it at the terminal, or clear it with /key ctrl-c";
const UNSENT = "it stands unsent in the box: press Enter at the terminal";

/** What was typed and got no Enter, since a dialog opened there. */
interface Unsent {
  /** The text that was to be typed. */
  asked: string;
  /** Of what was typed for it. Somebody at the terminal may press Enter. */
  proof: Proof;
  /** When it was to be typed last, in milliseconds as of `performance.now`. */
  lastAsked: number;
}

/** A text that was held is asked for again every second: where nobody asked for so long, it was given up. Milliseconds. */
const GIVEN_UP_MS = 10_000;

/**
 * Where a text can go: into the empty box; it stands there already (`written`), and wants its Enter alone; or Claude has
 * it already, and it is `queued` there until the turn ends.
 */
type Room = "empty" | "written" | "queued";

/**
 * A terminal with Claude Code in it: looks before it types and again before Enter, and waits for the proof that a prompt
 * was taken. Nothing is typed into a dialog, over a draft, or into another program.
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
  #unsent: Unsent | undefined;
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
    const unsent = this.#unsent === undefined ? [] : [this.#unsent.proof];
    const proof = [...this.#expected, ...unsent].find(
      ({ state, text }) => state === "open" && isSamePrompt(text, prompt),
    );
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
    const { text: asked, removed } = clean(text);
    const judged = judgePrompt(asked, this.#around.permissions());
    if (judged.status === "refused") return { status: "failed", reason: judged.reason };
    const unsent = this.#unsentFor(asked);
    if (unsent?.state === "taken") return this.#sent({ status: "accepted" }, removed);
    const room = await this.#room(unsent);
    if (typeof room !== "string") return room;
    if (room === "queued") return this.#sent({ status: "unproved" }, removed);
    const proof = unsent ?? new Proof(judged.status === "long" ? readFileInstead(this.#around.keep(asked)) : asked);
    const isCommand = judged.status === "command";
    if (isCommand) this.#command = asked;
    else this.#prompted = proof.text;
    this.#interrupted = undefined;
    this.#expected.add(proof);
    try {
      const typed = room === "written" ? await this.#enter() : await this.#put(asked, proof);
      if (typed.status !== "typed") return typed;
      return this.#sent(isCommand ? typed : await this.#proved(proof), removed);
    } finally {
      this.#expected.delete(proof);
    }
  }

  /** The proof of what was typed for the same text before, and got no Enter. */
  #unsentFor(asked: string): Proof | undefined {
    const unsent = this.#unsent;
    if (unsent?.asked !== asked) return undefined;
    const isWaited = performance.now() - unsent.lastAsked < GIVEN_UP_MS;
    unsent.lastAsked = performance.now();
    // What was taken after it had been given up does not stand for this one.
    return isWaited || unsent.proof.state === "open" ? unsent.proof : undefined;
  }

  /** What became of a text that was typed as a whole. */
  #sent(done: SessionTypeResult, removed: number): SessionTypeResult {
    this.#unsent = undefined;
    const wasTyped = done.status === "typed" || done.status === "accepted" || done.status === "unproved";
    return wasTyped && removed > 0 ? { ...done, removed } : done;
  }

  /** Types it into the empty box. A dialog that opens before its Enter gets no Enter. */
  async #put(asked: string, proof: Proof): Promise<TypeResult | Lost | SessionTypeResult> {
    return await this.#terminal.type(forBox(proof.text), "text", async () => {
      const { state } = await this.#look();
      const reason = this.#around.asks() || state === "dialog" ? ASKED : state === "unknown" ? NO_BOX : undefined;
      if (reason !== undefined) this.#unsent = { asked, proof, lastAsked: performance.now() };
      return reason;
    });
  }

  /** Presses it for what stands in the box, where nothing has opened meanwhile. */
  async #enter(): Promise<TypeResult | Lost> {
    return this.#around.asks() ? { status: "held", reason: ASKED } : await this.#terminal.key("enter");
  }

  /** Waits for the proof of what got its Enter, and repeats that where it was lost. */
  async #proved(proof: Proof): Promise<SessionTypeResult> {
    for (let enters = 1; ; enters++) {
      await proof.within(PROOF_MS);
      // The proof may come while the screen is read.
      const screen = proof.state === "open" ? await this.#look() : undefined;
      if (proof.state === "taken") return { status: "accepted" };
      if (proof.state === "gone") return { status: "lost", reason: ENDED };
      // Gone from the box, and not taken yet: Claude is busy, and has queued it.
      if (screen?.state !== "draft" || !isDraftOf(screen, proof.text)) return { status: "unproved" };
      const entered = enters < ENTERS ? await this.#enter() : undefined;
      if (entered?.status !== "typed") return { status: "failed", reason: UNSENT };
    }
  }

  /** Where a text can go now, or why nothing may be typed. @param unsent the same text, typed before without an Enter. */
  async #room(unsent: Proof | undefined): Promise<Room | Exclude<TypeResult, { status: "typed" }>> {
    if (!this.#lives()) return { status: "failed", reason: GONE };
    if (!isInForeground(this.#around.pid)) return { status: "held", reason: BEHIND };
    if (this.#around.asks()) return { status: "held", reason: ASKED };
    await this.#drawn;
    const text = await this.#text();
    const screen = readClaudeScreen(text);
    if (unsent !== undefined) {
      if (screen.state === "draft" && isDraftOf(screen, unsent.text)) return "written";
      if (screen.state === "ready" && queuedPrompts(text).some((one) => isSameShown(one, unsent.text))) return "queued";
    }
    const { state } = this.#isOurs(screen) ? await this.#cleared() : await this.#probed(screen);
    const rooms = {
      ready: "empty",
      dialog: { status: "held", reason: ASKED },
      draft: { status: "held", reason: DRAFT },
      unknown: { status: "held", reason: NO_BOX },
    } as const;
    return rooms[state];
  }

  /** Whether what stands in the box is not the user's, but the prompt from the phone that was interrupted. */
  #isOurs(screen: ClaudeScreen): boolean {
    return screen.state === "draft" && this.#interrupted !== undefined && isSameShown(screen.text, this.#interrupted);
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
