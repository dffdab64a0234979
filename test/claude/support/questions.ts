import { type Answer, uses } from "./model-messages.ts";
import type { Phone } from "./phone.ts";
import type { Pane } from "./tmux-server.ts";

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

/** Has Claude write a plan to where it was told to, and show it. */
export async function showsPlan(
  phone: Phone,
  plan: string,
  { away = false, later }: { away?: boolean; later: readonly Answer[] },
): Promise<Pane> {
  const { lab, system } = phone;
  const first = lab.api.hold(uses("ToolSearch", { query: "select:ExitPlanMode", max_results: 1 }));
  const { claude, message } = await phone.begin({ mode: "plan" });
  if (away) await phone.prompts(message, "/away");
  system.reply(message, "plan it");
  const file_path = /[^\s"\\]+\/plans\/[\w-]+\.md/.exec(JSON.stringify((await first.asked).messages))?.[0];
  lab.api.plan(uses("Write", { file_path, content: plan }), uses("ExitPlanMode", {}), ...later);
  first.release();
  return claude;
}
