import {
  assert,
  type AsyncCommand,
  asyncModelRun,
  asyncProperty,
  commands,
  constant,
  constantFrom,
  nat,
} from "fast-check";
import { test } from "vitest";
import { type Both, slowStep } from "../model-step.ts";
import { HOUR, MINUTE, putForward } from "./support/clock.ts";
import { evictAll } from "./support/router.ts";
import { type Talk, talkOn } from "./support/talk.ts";
import { callsIn, fault, messagesIn } from "./support/telegram.ts";

type Trouble = Parameters<typeof fault>[0]["kind"];

/** A chat that may be out of order, and what waits for it: in order, one at a time, until it is known to be there. */
class Line {
  said = 0;
  tries = 0;
  readonly shown: string[] = [];
  readonly troubles: Trouble[] = [];
  #waiting: string[] = [];
  #resting = false;

  say(text: string): void {
    this.said += 1;
    this.#waiting.push(text);
    this.try();
  }

  isShown(text: string): boolean {
    return !this.#waiting.includes(text);
  }

  /** What waits after a failure goes on waiting, until its time has come. */
  later(): void {
    this.#resting = false;
    this.try();
  }

  try(): void {
    for (let text = this.#waiting[0]; text !== undefined && !this.#resting; text = this.#waiting[0]) {
      const trouble = this.troubles.shift();
      this.tries += 1;
      if (trouble === undefined || trouble === "timeout-after-success") this.shown.push(text);
      if (trouble === undefined) this.#waiting.shift();
      else this.#resting = true;
    }
  }
}

type Step = AsyncCommand<Line, Talk>;

/** What is to be seen after each step: the chat, and how often Telegram was asked. */
async function looked(line: Line, talk: Talk, of: string): Promise<Both> {
  const texts = (await messagesIn(talk.chatId)).map(({ text }) => text.split("\n")[1] ?? "");
  const calls = (await callsIn(talk.chatId)).map(({ payload }) => String(payload["text"]));
  return [
    { shown: line.shown, tries: line.tries },
    { shown: texts.filter((text) => text.startsWith(of)), tries: calls.filter((text) => text.includes(of)).length },
  ];
}

function compared(reads: string, run: (line: Line, talk: Talk) => Promise<Both>): Step {
  return slowStep(reads, async (line, talk) => {
    const [expected, seen] = await run(line, talk);
    const [shown, chat] = await looked(line, talk, `${talk.sessionId}:`);
    return [
      [expected, shown],
      [seen, chat],
    ];
  });
}

const NOTHING: Both = [null, null];

/** Says something, under its id: 200 where it is there, 202 where it waits. */
async function say(line: Line, talk: Talk, n: number): Promise<Both> {
  const text = `${talk.sessionId}: ${n}`;
  if (n > line.said) line.say(text);
  const { status } = await talk.machine.notify(talk.sessionId, text, { id: `n${n}`, silent: true });
  return [line.isShown(text) ? 200 : 202, status];
}

const anew = constant(compared("say", (line, talk) => say(line, talk, line.said + 1)));

const again = nat().map((which) =>
  compared(`say again (${which})`, (line, talk) =>
    line.said === 0 ? Promise.resolve(NOTHING) : say(line, talk, 1 + (which % line.said)),
  ),
);

const trouble = constantFrom<Trouble[]>("429", "500", "drop", "timeout-after-success").map((kind) =>
  compared(`trouble(${kind})`, async (line, { chatId }) => {
    line.troubles.push(kind);
    await fault({ method: "sendMessage", chatId, kind, times: 1 });
    return NOTHING;
  }),
);

const later = constant(
  compared("later", async (line, talk) => {
    line.later();
    await talk.later(10 * MINUTE);
    return NOTHING;
  }),
);

const evict = constant(
  compared("evict", async () => {
    await evictAll();
    return NOTHING;
  }),
);

let runs = 0;

test("whatever Telegram does, what a session says comes in order, and twice only where an answer was lost", async () => {
  // What the runtime rings by itself must not come in between.
  putForward(HOUR);
  const course = commands([anew, anew, anew, again, trouble, trouble, later, evict], { maxCommands: 30, size: "max" });
  await assert(
    asyncProperty(course, async (steps) => {
      runs += 1;
      const talk = await talkOn(`teller-${runs}`, `teller-${runs}`);
      const line = new Line();
      try {
        await asyncModelRun(() => ({ model: line, real: talk }), steps);
      } finally {
        // What was not used up would strike the next one.
        for (; line.troubles.length > 0; line.later(), await talk.later(10 * MINUTE))
          await say(line, talk, line.said + 1);
      }
    }),
    { numRuns: 12 },
  );
}, 60_000);
