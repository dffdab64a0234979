import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

/** What can be run alone. */
export const PARTS = ["designs", "terminals", "drain", "agent"] as const;

export type Part = (typeof PARTS)[number];

export interface Options {
  readonly rounds: number;
  /** A tenth of the commands: for a look whether it works. */
  readonly quick: boolean;
  /** Where the objects' files lie while it runs. */
  readonly folder: string;
  /** One part alone. */
  readonly only: Part | undefined;
  readonly json: string | undefined;
}

const USAGE = `npm run bench -- [--rounds N] [--quick] [--only PART] [--folder DIR] [--json FILE]
  --rounds N    how often the designs take turns (5)
  --quick       fewer commands a run, to see whether it works
  --only PART   designs, terminals, drain or agent alone
  --folder DIR  where the objects keep their files (the system's folder for temporary files); a folder in memory,
                /dev/shm on Linux, leaves out what this machine's disk takes to sync
  --json FILE   write the report there as JSON, too`;

export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: "string", default: "5" },
      quick: { type: "boolean", default: false },
      folder: { type: "string", default: tmpdir() },
      only: { type: "string" },
      json: { type: "string" },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError(`--rounds wants a number from 1 on\n${USAGE}`);
  const only = PARTS.find((part) => part === values.only);
  if (only !== values.only) throw new TypeError(`--only wants ${PARTS.join(", ")}, not ${values.only}\n${USAGE}`);
  return { rounds, quick: values.quick, folder: values.folder, only, json: values.json };
}
