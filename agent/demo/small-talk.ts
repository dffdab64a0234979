/** What the demo's program says and asks. No model behind it: a few rules, so that a conversation is possible. */

export interface Button {
  label: string;
  /** `continue`, `yes`, `no`, `exit`, or text to type. */
  action: string;
}

export interface Turn {
  /** What the program shows while it works, one step after the other. */
  steps: readonly string[];
  answer: string;
  buttons: readonly Button[];
  /** What "yes", "no" and Enter mean from now on. */
  topic: Topic;
}

/** What the program has last spoken about. */
export type Topic = "idle" | "fix" | "ship" | "shipped";

const MENU: readonly Button[] = [
  { label: "Run the tests", action: "run the tests" },
  { label: "What changed?", action: "what changed?" },
];
const YES_NO: readonly Button[] = [
  { label: "Yes", action: "yes" },
  { label: "No", action: "no" },
];
const CONTINUE: readonly Button[] = [{ label: "Continue", action: "continue" }];

/** The program's first words. */
export function greeting(machine: string): Pick<Turn, "answer" | "buttons"> {
  return { answer: `I am up on ${machine}. Reply to me, or press a button.`, buttons: MENU };
}

/** Decides what a line means, given what was last spoken about. */
export function turn(line: string, topic: Topic): Turn {
  const words = line.trim().toLowerCase();
  if (words === "") return onContinue(topic);
  if (/^(?:y|yes)$/.test(words)) return onYes(topic);
  if (/^(?:n|no)$/.test(words)) return onNo(topic);
  if (/\btests?\b/.test(words)) return tests();
  if (/\b(?:changed|diff|status)\b/.test(words)) return changes();
  if (/\blogs?\b/.test(words)) return log();
  if (/\b(?:hi|hello|hey|help)\b/.test(words)) return hello();
  return {
    steps: ["reading", "thinking", "writing"],
    answer: `Done: ${line.trim()}`,
    buttons: CONTINUE,
    topic: "idle",
  };
}

function tests(): Turn {
  return {
    steps: ["collecting 42 tests", "running: 18 of 42", "running: 39 of 42"],
    answer: "41 tests pass, 1 fails: “reconnects after sleep” waits 1 s too long. Shall I fix it?",
    buttons: YES_NO,
    topic: "fix",
  };
}

function changes(): Turn {
  return {
    steps: ["reading the diff"],
    answer: "3 files since this morning: the queue keeps its order now, and two tests prove it. Shall I commit?",
    buttons: YES_NO,
    topic: "ship",
  };
}

/** Far more than anybody scrolls through in a chat. */
const LOG_LINES = 900;

function log(): Turn {
  const lines = Array.from({ length: LOG_LINES }, (_, index) => {
    const second = String(Math.floor(index / 15)).padStart(2, "0");
    return `12:00:${second} pass  reconnect › keeps the order of ${index + 1} waiting commands`;
  });
  return {
    steps: ["reading the log"],
    answer: [`The log of the last run, ${LOG_LINES} lines:`, ...lines].join("\n"),
    buttons: CONTINUE,
    topic: "idle",
  };
}

function hello(): Turn {
  return {
    steps: ["thinking"],
    answer: "Hello! I can run the tests, tell what changed, show a long log, or do what you write. /exit ends me.",
    buttons: MENU,
    topic: "idle",
  };
}

function onYes(topic: Topic): Turn {
  if (topic === "fix") {
    return {
      steps: ["editing reconnect.ts", "running the tests"],
      answer: "Fixed. 42 tests pass. Shall I commit?",
      buttons: YES_NO,
      topic: "ship",
    };
  }
  if (topic === "ship") {
    return { steps: ["committing"], answer: "Committed. Nothing is left to do here.", buttons: MENU, topic: "shipped" };
  }
  return { steps: ["thinking"], answer: "Yes to what? Nothing is open here.", buttons: MENU, topic: "idle" };
}

function onNo(topic: Topic): Turn {
  if (topic === "idle" || topic === "shipped") {
    return { steps: ["thinking"], answer: "All right. Nothing was open here.", buttons: MENU, topic: "idle" };
  }
  return { steps: ["thinking"], answer: "All right, I leave it as it is.", buttons: MENU, topic: "idle" };
}

function onContinue(topic: Topic): Turn {
  if (topic === "fix" || topic === "ship") return onYes(topic);
  return topic === "shipped" ? changes() : tests();
}
