import type { NotificationBody } from "../../src/protocol.ts";
import { editDiff } from "./edit-diff.ts";
import { fenced } from "./fenced.ts";
import type { HookInputOf, PermissionUpdate } from "./hook-input.ts";
import { callback } from "./turn-message.ts";

/** The question as it is sent; its session, id and time are the caller's to add. */
export type PermissionCard = Pick<NotificationBody, "text" | "format" | "sign" | "subject" | "replyMarkup"> & {
  /** What each choice grants for good, by the name that stands in its button. */
  always: ReadonlyMap<string, PermissionUpdate>;
};

/** What a button of a card says: `?<nonce>.<choice>`. */
export const ALLOW = "y";
export const DENY = "n";

/** Characters of a label that a phone shows in a whole row. */
const LABEL_SHOWN = 40;
/** Characters of a path or rule in a label. */
const LABEL_PART = 32;

/** Suggestions beyond these are left to the terminal. */
const MOST_ALWAYS = 8;

/** The action of a choice. 31 bytes are there: a nonce of 16 leaves 13 for the choice. */
export function choiceAction(nonce: string, choice: string): string {
  return `?${nonce}.${choice}`;
}

/**
 * A permission request, whole: nobody should allow what he has not seen. One button for each suggestion that grants
 * something by name; a change of mode is none, since it would grant everything of a kind.
 */
export function permissionCard(input: HookInputOf<"PermissionRequest">, nonce: string): PermissionCard {
  const granting = input.permission_suggestions.filter((one) => grants(one, input.cwd)).slice(0, MOST_ALWAYS);
  const always = new Map(granting.map((one, index) => [`a${index}`, one]));
  const button = (text: string, choice: string): { text: string; callback_data: string } => ({
    text,
    callback_data: callback(choiceAction(nonce, choice)),
  });
  return {
    text: [
      ...(input.agent_id === undefined ? [] : ["A subagent asks."]),
      describeTool(input),
      ...granting.flatMap(grantInFull),
      "Or reply: that denies it, with your words as the reason.",
    ].join("\n\n"),
    format: "markdown",
    sign: "question",
    subject: `run ${input.tool_name}?`.slice(0, 64),
    replyMarkup: {
      inline_keyboard: [
        [button("Allow", ALLOW), button("Deny", DENY)],
        ...[...always].map(([choice, one]) => [button(grantLabel(one), choice)]),
      ],
    },
    always,
  };
}

/**
 * Whether a suggestion grants anything by name. Claude Code also proposes the folder that it works in, which it may
 * reach anyway: its button would promise something and do nothing (measured).
 */
function grants(update: PermissionUpdate, cwd: string): boolean {
  if (update.type === "addRules") return update.behavior === "allow";
  if (update.type === "addDirectories")
    return update.directories.some((one) => one !== cwd && !one.startsWith(`${cwd}/`));
  return false;
}

/**
 * What a suggestion grants, and for how long: what its button says, at most 64 characters. A folder may be reached from
 * then on; whether a command there is asked for again is another matter.
 */
export function grantLabel(update: PermissionUpdate): string {
  const [first = "nothing", ...others] = granted(update);
  const name =
    first.length <= LABEL_PART ? first : shortened(first, update.type === "addDirectories" ? 0 : LABEL_PART / 2);
  return `${verb(update)} ${name}${others.length > 0 ? ` +${others.length}` : ""} · ${DURATIONS[update.destination].label}`;
}

/** All that a suggestion grants, where its button can't hold it: buttons and these stand in one order. */
function grantInFull(update: PermissionUpdate): string[] {
  const names = granted(update);
  const whole = `${verb(update)} ${names.join(", ")} · ${DURATIONS[update.destination].label}`;
  if (names.length === 1 && whole.length <= LABEL_SHOWN) return [];
  return [`**${verb(update)}**, ${DURATIONS[update.destination].words}:\n${fenced(names.join("\n"), "")}`];
}

const DURATIONS: Readonly<Record<PermissionUpdate["destination"], { label: string; words: string }>> = {
  session: { label: "session", words: "until this session ends" },
  cliArg: { label: "session", words: "until this session ends" },
  localSettings: { label: "project", words: "for you, in this project" },
  projectSettings: { label: "project, all", words: "for everybody, in this project" },
  userSettings: { label: "everywhere", words: "for you, in every project" },
};

function verb({ type }: PermissionUpdate): string {
  return { addRules: "Always", addDirectories: "Allow + reach", setMode: "Mode" }[type];
}

function granted(update: PermissionUpdate): readonly string[] {
  switch (update.type) {
    case "addRules":
      return update.rules.map(({ toolName, ruleContent }) =>
        ruleContent === undefined ? `any ${toolName}` : `${toolName}(${ruleContent})`,
      );
    case "addDirectories":
      return update.directories;
    case "setMode":
      return [update.mode];
  }
}

/** Its first `head` characters and its last. The end of a path says more than its beginning; a rule needs both. */
function shortened(name: string, head: number): string {
  return `${name.slice(0, head)}…${name.slice(head + 1 - LABEL_PART)}`.toWellFormed();
}

function describeTool({ tool_name, tool_input }: HookInputOf<"PermissionRequest">): string {
  const { command, description, file_path, old_string, new_string, content, ...rest } = tool_input;
  if (tool_name === "Bash" && typeof command === "string") {
    const why = typeof description === "string" ? [description] : [];
    return [...why, fenced(command, "sh"), ...more(rest)].join("\n\n");
  }
  if (typeof file_path === "string" && typeof old_string === "string" && typeof new_string === "string") {
    return [fenced(file_path, ""), fenced(editDiff(old_string, new_string), "diff"), ...more(rest)].join("\n\n");
  }
  if (tool_name === "Write" && typeof file_path === "string" && typeof content === "string") {
    return [fenced(file_path, ""), fenced(content, ""), ...more(rest)].join("\n\n");
  }
  return fenced(JSON.stringify(tool_input, null, 2), "json");
}

/** Whatever else the input says: a time-out, or that it runs in the background. */
function more(rest: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(rest).length === 0 ? [] : [fenced(JSON.stringify(rest), "json")];
}
