import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { DeployError } from "./deploy-error.ts";

/** How often a person may mistype. */
const TRIES = 3;

export interface Question {
  /** The variable that answers it where nobody can be asked. */
  name: string;
  text: string;
  /** Not shown while it is typed. */
  hidden?: boolean;
  /** What is wrong with an answer; undefined where it will do. */
  wrongWith: (answer: string) => Promise<string | undefined> | string | undefined;
}

/**
 * Asks at the terminal until the answer will do.
 * @throws {DeployError} where there is no terminal, or the answer was wrong three times
 */
export async function prompt({ name, text, hidden = false, wrongWith }: Question): Promise<string> {
  if (!process.stdin.isTTY)
    throw new DeployError(`${name} is not known, and there is no terminal to ask at. Set it in the environment.`);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = (await readAnswer(`${text}\n> `, hidden)).trim();
    const wrong = await wrongWith(answer);
    if (wrong === undefined) return answer;
    process.stderr.write(`${wrong}.\n`);
  }
  throw new DeployError(`${name} was not understood. Nothing was changed; start again when you have it.`);
}

async function readAnswer(text: string, hidden: boolean): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: process.stdin, output: hidden ? nowhere : process.stderr, terminal: true });
  const closed = new AbortController();
  // Ctrl-C and Ctrl-D close the line without an answer.
  line.once("close", () => closed.abort());
  try {
    // Only now is the terminal's own echo off: nobody may be asked earlier.
    process.stderr.write(text);
    return await line.question("", { signal: closed.signal });
  } catch (error) {
    if (closed.signal.aborted) throw new DeployError("Stopped. Nothing was changed.", { cause: error });
    throw error;
  } finally {
    line.close();
    if (hidden) process.stderr.write("\n");
  }
}
