import type { Finding } from "./finding.ts";
import type { History, StoredCommand } from "./history.ts";

const MARK = /<a\d+>/;

/** A question is decided by one answer, which was given to it and to no other. */
export function checkAnswers({ questions, sent, commands }: History): Finding {
  const questionOf = new Map(sent.map(({ name, question }) => [name, question]));
  const answers = commands.filter(({ kind, sameAs }) => kind === "answer" && sameAs === null);
  const violations = questions.flatMap(({ mark, decision }) => {
    const given = answers.filter(({ name }) => questionOf.get(name) === mark);
    const taken = given.filter(({ state }) => state === "accepted" || state === "typed");
    const deciding = [...taken, ...given.filter(({ state }) => state === "unknown")];
    if (taken.length > 1) return [`${mark} was answered ${taken.length} times`];
    if (decision === null) return taken.map(({ name }) => `${mark} never heard of ${name}, which was taken`);
    if (deciding.some((answer) => decides(answer, decision))) return [];
    return [
      `${mark} was told ${decision}, and answered ${given.map(({ text, state }) => `${text} ${state}`).join(", ")}`,
    ];
  });
  return { invariant: "an answer reaches only its question, once", checked: questions.length, violations };
}

function decides({ button, text }: StoredCommand, decision: string): boolean {
  const said = MARK.exec(decision)?.[0];
  if (button === null) return said !== undefined && text.includes(said);
  return said === undefined && decision.includes(button === "Allow" ? '"allow"' : '"deny"');
}
