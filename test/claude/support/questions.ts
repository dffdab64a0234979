import { type Answer, uses } from "./model-messages.ts";

function question(text: string, header: string, multiSelect: boolean, labels: readonly string[]): object {
  const options = labels.map((label) => ({ label, description: `It is ${label}` }));
  return { question: text, header, multiSelect, options };
}

export const COLOUR = question("Which colour?", "Colour", false, ["Blue", "Red"]);
export const SIZES = question("Which sizes?", "Sizes", true, ["S", "M", "L"]);

/** An answer that asks these questions. */
export function asks(...questions: object[]): Answer {
  return uses("AskUserQuestion", { questions });
}
