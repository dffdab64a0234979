import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { SessionId } from "../../src/protocol.ts";

export type RunArguments =
  | { status: "run"; command: string; args: string[]; sessionId: string; label?: string }
  | { status: "wrong"; error: string };

const USAGE = "ccr-agent run [--label LABEL] [--session ID] -- COMMAND [ARGUMENT …]";

const Label = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, "a label is 1 to 64 characters"),
  v.maxLength(64, "a label is 1 to 64 characters"),
);

/** Reads what follows `ccr-agent run`. Without `--session` the session gets a random id. */
export function parseRunArguments(argv: readonly string[]): RunArguments {
  const end = argv.indexOf("--");
  const options = readOptions(end === -1 ? argv : argv.slice(0, end));
  if (options.status === "wrong") return options;
  const [command, ...args] = end === -1 ? [] : argv.slice(end + 1);
  if (command === undefined || command === "") return wrong("the program to run is missing");

  const sessionId = v.safeParse(SessionId, options.session ?? randomUUID());
  if (!sessionId.success) return wrong(`--session: ${sessionId.issues[0].message}`);
  const label = v.safeParse(v.optional(Label), options.label);
  if (!label.success) return wrong(`--label: ${label.issues[0].message}`);
  const run = { status: "run", command, args, sessionId: sessionId.output } as const;
  return label.output === undefined ? run : { ...run, label: label.output };
}

type Options =
  | { status: "options"; label: string | undefined; session: string | undefined }
  | { status: "wrong"; error: string };

function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { label: { type: "string" }, session: { type: "string" } },
      strict: true,
    });
    return { status: "options", label: values.label, session: values.session };
  } catch (error) {
    // parseArgs reports wrong arguments by throwing a TypeError; its first sentence says which.
    if (error instanceof TypeError) return wrong(error.message.split(". ")[0] ?? error.message);
    throw error;
  }
}

function wrong(error: string): { status: "wrong"; error: string } {
  return { status: "wrong", error: `${error}\nusage: ${USAGE}` };
}
