import { setTimeout as pause } from "node:timers/promises";
import { OTHER_OWNER, OWNER, STRANGER } from "./cast.ts";
import type { Alarm, ChatMessage, History } from "./history.ts";
import { People } from "./people.ts";
import { makePlan } from "./plan.ts";
import type { PlanOptions, Step } from "./plan.ts";
import { Troubles } from "./troubles.ts";
import { World } from "./world.ts";
import type { WorldOptions } from "./world.ts";

export interface ChaosOptions extends PlanOptions, WorldOptions {
  /** How long everything may take to come to rest after the last fault, in milliseconds. */
  restWithin: number;
  /** What happens and when, where it is not made of the seed. */
  plan?: readonly Step[];
  progress?: (line: string) => void;
  /** Leaves the folder with all that was stored. */
  keep?: boolean;
}

/** The system is at rest where nothing has changed for so long. */
const QUIET_MS = 2_000;

/** Runs one chaos from start to rest, and returns what everybody recorded. */
export async function chaos(options: ChaosOptions): Promise<History> {
  const { progress = () => {} } = options;
  const world = await World.start(options);
  try {
    progress(`everything runs, in ${world.folder}`);
    const people = new People(world);
    const troubles = new Troubles(world, people);
    await follow(options.plan ?? makePlan(options), people, troubles, progress);
    progress("the last fault is over");
    await people.end();
    await troubles.end();
    const alarms: Alarm[] = [];
    const rested = await rest(world, alarms, options.restWithin);
    progress(rested ? "everything is at rest" : "it does not come to rest");
    return { ...record(options.seed, world, people, troubles), alarms };
  } finally {
    await world.stop(options.keep);
  }
}

async function follow(
  plan: readonly Step[],
  people: People,
  troubles: Troubles,
  progress: (line: string) => void,
): Promise<void> {
  const start = performance.now();
  const under: Promise<void>[] = [];
  let said = 0;
  for (const [index, step] of plan.entries()) {
    await pause(Math.max(0, start + step.at - performance.now()));
    if ("act" in step) people.do(step.act);
    else under.push(begun(troubles.make(step.fault)));
    const tenth = Math.floor((index * 10) / plan.length);
    if (tenth > said) progress(`${tenth}0 %`);
    said = tenth;
  }
  await Promise.all(under);
}

/** Whoever awaits it at the end hears of its error; until then it is nobody's. */
function begun(work: Promise<void>): Promise<void> {
  work.catch(() => {});
  return work;
}

/**
 * Waits until nothing is left to do and nothing changes, and writes down meanwhile who has to be woken when. False where
 * that takes too long.
 */
async function rest(world: World, alarms: Alarm[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  let before = "";
  let since = performance.now();
  while (performance.now() < deadline) {
    await world.telegram.idle();
    const now = `${world.telegram.calls.length} ${world.terminals.lines().length} ${world.frames.length}`;
    const stored = world.stored();
    alarms.push(...stored.alarms);
    if (now !== before || stored.leftovers.length > 0) since = performance.now();
    if (performance.now() - since >= QUIET_MS) return true;
    before = now;
    await pause(250);
  }
  return false;
}

function record(seed: number, world: World, people: People, troubles: Troubles): Omit<History, "alarms"> {
  const { commands, leftovers } = world.stored();
  const chat = [OWNER, OTHER_OWNER, STRANGER].flatMap((chatId) =>
    world.telegram
      .messages(chatId)
      .map(({ message_id: messageId, date, from, text = "", reactions, reply_to_message: repliesTo }): ChatMessage => ({
        chatId,
        messageId,
        fromBot: from.is_bot,
        text,
        reactions,
        repliesTo: repliesTo?.message_id ?? null,
        at: date * 1_000,
      })),
  );
  return {
    seed,
    sent: people.sent,
    said: people.said,
    posts: world.gate.posts,
    lines: world.terminals.lines(),
    frames: world.frames,
    chat,
    faults: troubles.happened,
    questions: world.asker.questions,
    commands,
    leftovers,
  };
}
