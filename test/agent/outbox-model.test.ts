import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { array, assert, asyncProperty, constantFrom, nat, record, scheduler, type Scheduler } from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as v from "valibot";
import { Credentials } from "../../agent/router/credentials.ts";
import { OutboxSender } from "../../agent/router/outbox-sender.ts";
import { openDatabase } from "../../agent/store/database.ts";
import { Outbox, type OutboxItem } from "../../agent/store/outbox.ts";
import { FUZZ_WITHIN_MS } from "../mutations.ts";
import { AgentHome } from "./agent-home.ts";
import { StandInRouter } from "./stand-in-router.ts";

type Kind = OutboxItem["kind"];
type Said = 200 | 400 | 404 | 408 | 410 | 429 | 503 | "silence";

/** What goes on in one lane: what is to be told there, and what the router says to one call after the other; then 200. */
interface Course {
  readonly items: readonly Kind[];
  readonly script: readonly Said[];
}

/**
 * The lane, as a person would explain it: the calls that the router sees, in order, and how many were given up. An agent
 * that is killed as it is about to note its nth end, counted from 0, knows of that end no more.
 */
function explained({ items, script }: Course, killedAt?: number): { calls: string[]; givenUp: number } {
  const said = [...script];
  const calls: string[] = [];
  let givenUp = 0;
  const call = (what: string): "taken" | "unknown" | "refused" | "again" => {
    calls.push(what);
    const answer = said.shift() ?? 200;
    if (answer === 200) return "taken";
    if (answer === 404) return "unknown";
    return answer === 400 || answer === 410 ? "refused" : "again";
  };
  const tell = (kind: Kind, index: number): void => {
    for (let registered = false; ;) {
      const answer = call(`${kind} ${index}`);
      if (answer === "taken" || (answer === "unknown" && (kind === "unregister" || kind === "close"))) return;
      if (answer === "refused" || (answer === "unknown" && kind === "register")) return void (givenUp += 1);
      // Registered just now, and not known: that is for later, too.
      if (answer === "again" || registered) registered = false;
      else {
        const again = call("register again");
        if (again === "refused" || again === "unknown") return void (givenUp += 1);
        registered = again === "taken";
      }
    }
  };
  items.forEach((kind, index) => {
    tell(kind, index);
    if (index === killedAt) tell(kind, index);
  });
  return { calls, givenUp };
}

const anyCourse = record({
  items: array(constantFrom<Kind[]>("register", "notification", "notification", "close", "unregister"), {
    maxLength: 5,
  }),
  script: array(constantFrom<Said[]>(200, 200, 200, 200, 404, 404, 404, 404, 400, 408, 410, 429, 503, "silence"), {
    maxLength: 14,
    size: "max",
  }),
});

const registration = { label: null, startedAt: 0 };

function itemOf(kind: Kind, sessionId: string, index: number): OutboxItem {
  switch (kind) {
    case "register":
      return { kind, registration: { label: String(index), startedAt: 0 } };
    case "notification":
      return { kind, body: { sessionId, text: String(index), id: `n${index}` } };
    case "close":
      return { kind, nonce: String(index), by: "test" };
    case "unregister":
      return { kind, reason: String(index), registration };
  }
}

const KIND_OF: Readonly<Record<string, Kind>> = {
  "/sessions/register": "register",
  "/notifications/send": "notification",
  "/questions/close": "close",
  "/sessions/unregister": "unregister",
};

const Text = v.optional(v.string());
const Body = v.object({ sessionId: v.string(), label: Text, text: Text, nonce: Text, reason: Text });

/** A call as the model names it. */
function named(path: string, { label, text, nonce, reason }: v.InferOutput<typeof Body>): string {
  const index = label ?? text ?? nonce ?? reason;
  return index === undefined ? "register again" : `${KIND_OF[path] ?? path} ${index}`;
}

let home: AgentHome;
let router: StandInRouter;
let folder: string;
let runs = 0;

beforeEach(async () => {
  router = await StandInRouter.start();
  home = new AgentHome();
  home.configure(router.url);
  folder = mkdtempSync(join(tmpdir(), "ccr-outbox-model-"));
  // A delay is a bound times this: every try comes at once.
  vi.spyOn(Math, "random").mockReturnValue(0);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await home.remove();
  await router.stop();
  rmSync(folder, { recursive: true });
});

/** An outbox that is not told of its nth end, counted from 0: whoever was about to tell it is dead. */
class LastOutbox extends Outbox {
  #left: number;
  readonly #die: () => void;

  constructor(database: DatabaseSync, killedAt: number, die: () => void) {
    super(database);
    this.#left = killedAt;
    this.#die = die;
  }

  override remove(position: number): void {
    if (this.#left-- > 0) return super.remove(position);
    this.#die();
    throw new Error("killed");
  }
}

/**
 * Tells the router everything, in an order of answers and of news that the scheduler chooses. Returns what it saw.
 *
 * @param killedAt as in `explained`, of all lanes together
 */
async function told(
  courses: readonly Course[],
  order: Scheduler,
  killedAt = Number.POSITIVE_INFINITY,
): Promise<{ calls: string[][]; lost: number }> {
  const path = join(folder, `${(runs += 1)}.db`);
  const lines: string[] = [];
  const start = (outbox: Outbox): OutboxSender =>
    new OutboxSender({
      outbox,
      credentials: new Credentials(home.env),
      clock: { wall: () => 0, monotonic: () => 0 },
      registration: () => registration,
      log: (line) => lines.push(line),
    });
  let database = openDatabase(path);
  let outbox: Outbox = new LastOutbox(database, killedAt, () => {
    void sender.stop(0);
    database.close();
    database = openDatabase(path);
    outbox = new Outbox(database);
    sender = start(outbox);
    sender.hurry();
  });
  let sender = start(outbox);
  const calls: string[][] = courses.map(() => []);
  const scripts = courses.map(({ script }) => [...script]);
  router.answer = async ({ path: route, body }) => {
    const parsed = v.parse(Body, body);
    const lane = Number(parsed.sessionId.slice(1));
    calls[lane]?.push(named(route, parsed));
    const said = scripts[lane]?.shift() ?? 200;
    await order.schedule(Promise.resolve(), `lane ${lane} hears ${said}`);
    return said === "silence" ? said : { status: said };
  };
  const news = courses.flatMap(({ items }, lane) =>
    items.map((kind, index) => ({
      label: `${kind} ${index} for lane ${lane}`,
      builder: async () => {
        outbox.append(`s${lane}`, itemOf(kind, `s${lane}`, index));
        sender.added(`s${lane}`);
      },
    })),
  );
  const hurry = { label: "the router is back", builder: async () => sender.hurry() };
  const { task } = order.scheduleSequence([...news, hurry]);
  const allTold = async (): Promise<void> => {
    await task;
    await vi.waitUntil(() => outbox.waiting().size === 0, { interval: 1, timeout: 5_000 });
  };
  await order.waitFor(allTold());
  await sender.stop(1_000);
  database.close();
  return { calls, lost: lines.filter((line) => line.includes("refused for good")).length };
}

test(
  "whatever the router says, each lane is told in order, until it is taken or refused, and nothing again after that",
  async () => {
    await assert(
      asyncProperty(array(anyCourse, { minLength: 1, maxLength: 3 }), scheduler(), async (courses, order) => {
        const expected = courses.map((course) => explained(course));
        expect(await told(courses, order)).toEqual({
          calls: expected.map(({ calls }) => calls),
          lost: expected.reduce((sum, { givenUp }) => sum + givenUp, 0),
        });
      }),
      { numRuns: 60 },
    );
  },
  FUZZ_WITHIN_MS,
);

test(
  "an agent that is killed before it notes that something is told tells it once more, and goes on from there",
  async () => {
    await assert(
      asyncProperty(anyCourse, nat(4), scheduler(), async (course, killedAt, order) => {
        const { calls, givenUp } = explained(course, killedAt);
        expect(await told([course], order, killedAt)).toEqual({ calls: [calls], lost: givenUp });
      }),
      { numRuns: 60 },
    );
  },
  FUZZ_WITHIN_MS,
);
