import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { NotificationBody } from "../../src/protocol.ts";
import type { AskProgress } from "../store/asks.ts";
import { AskUserQuestionInput, ExitPlanModeInput, type HookInputOf, type PermissionUpdate } from "./hook-input.ts";
import { allow, answer, approvePlan, type Decision, deny } from "./hook-output.ts";
import { ALLOW, choiceAction, DENY, permissionCard } from "./permission-card.ts";
import { callback } from "./turn-message.ts";

/** A question as it is sent; its session, id and time are the caller's to add. */
export type AskCard = Pick<NotificationBody, "text" | "format" | "sign" | "subject" | "replyMarkup"> & {
  nonce: string;
};

/** An answer of the user's: a button's choice, or words of his own. */
export type AskAnswer = { nonce: string; choice?: string; text: string };

export type Answered =
  /** It is decided: this goes to Claude. */
  | { status: "decided"; decision: Decision }
  /** There is more to ask: see `card`. */
  | { status: "next" }
  /** This is not what is asked now. */
  | { status: "over" };

/** The end of a choice of several. */
const DONE = "d";

/** Labels of buttons that a phone shows whole. */
const LABEL = 60;

const BEGINNING: AskProgress = { step: 0, answers: {}, chosen: [] };

type Questions = AskUserQuestionInput["questions"];

/**
 * One thing that Claude asks of its user: a permission, a plan, or several questions in turn. Says what to show, and
 * makes a decision of the answers. Holds no clock and no connection.
 */
export class Ask {
  readonly #input: HookInputOf<"PermissionRequest">;
  readonly #name: string;
  readonly #questions: Questions | undefined;
  readonly #plan: ExitPlanModeInput | undefined;
  #always: ReadonlyMap<string, PermissionUpdate> = new Map();
  #progress: AskProgress;

  /**
   * @param name names it: the same for the same request of a hook, also after a restart of the agent. 11 characters.
   * @param progress how far it had come before that restart.
   */
  constructor(input: HookInputOf<"PermissionRequest">, name: string, progress: AskProgress = BEGINNING) {
    this.#input = input;
    this.#name = name;
    this.#progress = progress;
    this.#questions =
      input.tool_name === "AskUserQuestion" ? parsed(AskUserQuestionInput, input.tool_input)?.questions : undefined;
    this.#plan = input.tool_name === "ExitPlanMode" ? parsed(ExitPlanModeInput, input.tool_input) : undefined;
  }

  /**
   * Whether it is this use of a tool that was asked for: a request and its outcome share no id. Questions come back with
   * their answers, and a plan as Claude gave it, without its text (measured).
   */
  isFor(toolName: string, toolInput: unknown): boolean {
    if (this.#input.tool_name !== toolName) return false;
    if (this.#plan !== undefined) return true;
    if (this.#questions === undefined) return isDeepStrictEqual(this.#input.tool_input, toolInput);
    return isDeepStrictEqual(this.#questions, parsed(AskUserQuestionInput, toolInput)?.questions);
  }

  /** Whether this request is the same: one that was held back comes again, with its dialog. */
  isOf({ tool_name, tool_input, agent_id }: HookInputOf<"PermissionRequest">): boolean {
    return agent_id === this.#input.agent_id && this.isFor(tool_name, tool_input);
  }

  /** Whether a person has to give an answer to it, more than a yes or a no. */
  get hasAnswer(): boolean {
    return this.#questions !== undefined || this.#plan !== undefined;
  }

  /** Whether a subagent asks: it may go on when the turn is over. */
  get ofSubagent(): boolean {
    return this.#input.agent_id !== undefined;
  }

  /** How far it has come, to be given to the same ask after a restart. */
  get progress(): AskProgress {
    return this.#progress;
  }

  /** What is asked now. */
  card(): AskCard {
    const nonce = this.#nonce();
    const question = this.#question();
    if (question !== undefined) return this.#questionCard(question, nonce);
    if (this.#plan !== undefined) return planCard(this.#plan, nonce);
    const { always, ...card } = permissionCard(this.#input, nonce);
    this.#always = always;
    return { ...card, nonce };
  }

  /** Takes an answer. */
  answer({ nonce, choice, text }: AskAnswer): Answered {
    if (nonce !== this.#nonce()) return { status: "over" };
    const question = this.#question();
    if (question !== undefined) return this.#answerQuestion(question, choice, text);
    if (choice === undefined) return { status: "decided", decision: deny(text) };
    if (choice === DENY) return { status: "decided", decision: deny("") };
    if (this.#plan !== undefined)
      return choice === ALLOW ? { status: "decided", decision: approvePlan(this.#plan) } : { status: "over" };
    const always = this.#always.get(choice);
    if (choice !== ALLOW && always === undefined) return { status: "over" };
    return { status: "decided", decision: allow(always) };
  }

  #question(): Questions[number] | undefined {
    const { answers } = this.#progress;
    return this.#questions?.find(({ question }) => !Object.hasOwn(answers, question));
  }

  #answerQuestion(question: Questions[number], choice: string | undefined, text: string): Answered {
    const before = this.#progress.chosen;
    if (choice === undefined) return this.#settle(question, [...before, text]);
    if (choice === DONE) return before.length === 0 ? { status: "over" } : this.#settle(question, before);
    const label = question.options[Number(choice)]?.label;
    if (label === undefined) return { status: "over" };
    const chosen = [...before, label];
    if (!question.multiSelect || chosen.length === question.options.length) return this.#settle(question, chosen);
    this.#progress = { ...this.#progress, step: this.#progress.step + 1, chosen };
    return { status: "next" };
  }

  #settle({ question }: Questions[number], chosen: string[]): Answered {
    const { step, answers } = this.#progress;
    this.#progress = { step: step + 1, answers: { ...answers, [question]: chosen }, chosen: [] };
    if (this.#question() !== undefined) return { status: "next" };
    const input = v.parse(AskUserQuestionInput, this.#input.tool_input);
    return { status: "decided", decision: answer(input, this.#progress.answers) };
  }

  #questionCard(question: Questions[number], nonce: string): AskCard {
    const { chosen } = this.#progress;
    const all = this.#questions ?? [];
    const where = all.length > 1 ? ` (${all.indexOf(question) + 1} of ${all.length})` : "";
    const options = question.options.map(({ label, description }) =>
      description === undefined ? `• ${label}` : `• ${label}: ${description}`,
    );
    const hint = question.multiSelect
      ? chosen.length === 0
        ? "Choose one or more, or reply in your own words."
        : `Chosen: ${chosen.join(", ")}. More?`
      : "Or reply in your own words.";
    const buttons = question.options.flatMap(({ label }, index) =>
      chosen.includes(label) ? [] : [[button(label, choiceAction(nonce, String(index)))]],
    );
    if (chosen.length > 0) buttons.push([button("Done", choiceAction(nonce, DONE))]);
    return {
      nonce,
      text: [`${question.question}${where}`, options.join("\n"), hint].join("\n\n"),
      format: "plain",
      sign: "question",
      ...(question.header === undefined ? {} : { subject: question.header.slice(0, 64) }),
      replyMarkup: { inline_keyboard: buttons },
    };
  }

  #nonce(): string {
    return `${this.#name}${this.#progress.step.toString(36)}`;
  }
}

function planCard(plan: ExitPlanModeInput, nonce: string): AskCard {
  return {
    nonce,
    text: `${plan.plan ?? "(The plan stands at the terminal.)"}\n\nOr reply: that rejects it, with your words as the reason.`,
    format: "markdown",
    sign: "question",
    subject: "go on with this plan?",
    replyMarkup: {
      inline_keyboard: [[button("Approve", choiceAction(nonce, ALLOW)), button("Reject", choiceAction(nonce, DENY))]],
    },
  };
}

function button(label: string, action: string): { text: string; callback_data: string } {
  const text = label.length <= LABEL ? label : `${label.slice(0, LABEL - 1).toWellFormed()}…`;
  return { text, callback_data: callback(action) };
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, input: unknown): v.InferOutput<Schema> | undefined {
  const result = v.safeParse(schema, input);
  return result.success ? result.output : undefined;
}
