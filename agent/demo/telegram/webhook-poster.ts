import { setTimeout as sleep } from "node:timers/promises";
import { postUpdate, type Posted } from "./post-update.ts";
import { decideRetry, NO_FAILURES } from "./retry.ts";
import type { Settings, Webhook } from "./settings.ts";
import type { Update } from "./update.ts";
import type { UpdateQueue, Waiting } from "./update-queue.ts";

/** One POST of an update. `status` is 0 where no answer came. */
export interface Delivery {
  update_id: number;
  status: number;
  /** 1 for the first. */
  attempt: number;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface PosterOptions {
  /** How long an answer may take, in milliseconds: Telegram waits 60 s. */
  answerWithin: number;
  /** Every delay between attempts is multiplied with it: 0.001 makes seconds of milliseconds. */
  retryScale: number;
  now: () => number;
  /** Told of every attempt once it is over. */
  delivered: (delivery: Delivery) => void;
  /** Told of a good answer, which may hold a method to execute. */
  answered: (answer: { contentType: string; body: string }) => Promise<void>;
  /** Told when nothing is under way and nothing waits any more. */
  idle: () => void;
}

/**
 * Brings pending updates to the webhook: one at a time in each queue, the queues beside each other, each update until it
 * is taken or worth nothing.
 */
export class WebhookPoster {
  readonly #updates: UpdateQueue;
  readonly #settings: Settings;
  readonly #options: PosterOptions;
  /** The queues that are being worked on, by name. */
  readonly #running = new Map<string, Promise<unknown>>();
  #redeliveries = 0;
  #stop = new AbortController();

  constructor(updates: UpdateQueue, settings: Settings, options: PosterOptions) {
    this.#updates = updates;
    this.#settings = settings;
    this.#options = options;
  }

  /** Looks for work. To be called when an update came, and when the webhook changed. */
  wake(): void {
    const webhook = this.#settings.webhook;
    if (webhook === undefined) return;
    for (const queue of this.#updates.queues()) {
      if (this.#running.size >= webhook.maxConnections) return;
      if (!this.#running.has(queue)) this.#start(queue, webhook);
    }
  }

  /** Ends what is under way: attempts are broken off, nothing is forgotten. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running.values());
    this.#stop = new AbortController();
  }

  /** Whether nothing is being delivered and nothing waits for a webhook that is set. */
  get isIdle(): boolean {
    return this.#running.size === 0 && (this.#settings.webhook === undefined || this.#updates.pendingCount() === 0);
  }

  /**
   * Posts an update that was delivered before, once more and out of turn, as Telegram does where the first answer got
   * lost on the way.
   */
  async redeliver(update: Update): Promise<Delivery> {
    const webhook = this.#settings.webhook;
    if (webhook === undefined) throw new Error("no webhook is set that an update could be delivered to");
    const name = `again ${this.#redeliveries++}`;
    const { delivery } = await this.#track(name, (stop) => this.#attempt(update, webhook, 1, stop));
    return delivery;
  }

  #start(queue: string, webhook: Webhook): void {
    void this.#track(queue, (stop) => this.#run(queue, webhook, stop));
  }

  #track<Result>(name: string, work: (stop: AbortSignal) => Promise<Result>): Promise<Result> {
    const { signal } = this.#stop;
    const run = work(signal).finally(() => {
      this.#running.delete(name);
      if (!signal.aborted) this.wake();
      if (this.isIdle) this.#options.idle();
    });
    this.#running.set(name, run);
    return run;
  }

  async #run(queue: string, webhook: Webhook, stop: AbortSignal): Promise<void> {
    for (let head = this.#updates.head(queue); head !== undefined; head = this.#updates.head(queue)) {
      const isDone = await this.#deliver(head, webhook, stop);
      if (!isDone) return;
      this.#updates.done(head.update.update_id);
    }
  }

  /** True once the update was taken or given up on; false where it has to wait for another webhook or another start. */
  async #deliver({ update, expiresAt }: Waiting, webhook: Webhook, stop: AbortSignal): Promise<boolean> {
    let failures = NO_FAILURES;
    while (!stop.aborted) {
      const { posted } = await this.#attempt(update, webhook, failures.count + 1, stop);
      if (isTaken(posted)) return true;
      if (stop.aborted) return false;
      const { now, retryScale } = this.#options;
      this.#settings.deliveryError = { date: Math.floor(now() / 1000), message: describe(posted) };
      const retryAfter = posted.status === "answered" ? posted.retryAfter : 0;
      const retry = decideRetry(failures, retryAfter, (expiresAt - now()) / 1000, Math.random());
      if (retry.status === "give-up") return true;
      failures = retry.failures;
      await pause(retry.afterSeconds * 1000 * retryScale, stop);
    }
    return false;
  }

  async #attempt(
    update: Update,
    webhook: Webhook,
    attempt: number,
    stop: AbortSignal,
  ): Promise<{ posted: Posted; delivery: Delivery }> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(this.#options.answerWithin)]);
    const posted = await postUpdate(webhook, update, signal);
    const status = posted.status === "answered" ? posted.code : 0;
    const delivery = { update_id: update.update_id, status, attempt, at: this.#options.now() };
    this.#options.delivered(delivery);
    if (posted.status === "answered" && isTaken(posted)) await this.#options.answered(posted);
    return { posted, delivery };
  }
}

function isTaken(posted: Posted): boolean {
  return posted.status === "answered" && posted.code >= 200 && posted.code <= 299;
}

function describe(posted: Posted): string {
  if (posted.status === "failed") return `Connection failed: ${posted.reason}`;
  return `Wrong response from the webhook: ${posted.code} ${posted.reason}`;
}

/** Ends early, without an error, where the stand-in stops. */
async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: stop }).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}
