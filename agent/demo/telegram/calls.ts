/** One call of the Bot API, as it was answered. */
export interface ApiCall {
  /** Milliseconds since the epoch. */
  at: number;
  /** Written as in the documentation; as it was sent where there is no such method. */
  method: string;
  payload: Record<string, unknown>;
  ok: boolean;
  error_code?: number;
  description?: string;
  /** `webhook`: the method stood in the answer to an update, and nobody heard of its result. */
  via: "http" | "webhook";
  /** The fault that was asked for and struck this call. */
  fault?: FaultKind;
}

export const FAULT_KINDS = ["429", "500", "timeout-after-success", "drop", "slow"] as const;

/**
 * `429` and `500` answer so and do nothing; `timeout-after-success` does the work and cuts the connection without an
 * answer; `drop` cuts it before the work; `slow` does the work at once and answers a second later.
 */
type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  /** Undefined: every method. Letter case does not count. */
  method?: string;
  /** Undefined: every chat. */
  chatId?: number;
  kind: FaultKind;
  times: number;
  /** Seconds, for `429`; 1 where it is left out. */
  retryAfter?: number;
}

/** The faults that were asked for and have not struck yet. */
export class Faults {
  #faults: Fault[] = [];

  add(fault: Fault): void {
    this.#faults.push({ ...fault });
  }

  /** The first fault that fits the call; it has one time less from now on. */
  take(method: string, chatId: number | undefined): Fault | undefined {
    const fault = this.#faults.find(
      (one) =>
        (one.method === undefined || one.method.toLowerCase() === method.toLowerCase()) &&
        (one.chatId === undefined || one.chatId === chatId),
    );
    if (fault === undefined) return undefined;
    fault.times -= 1;
    this.#faults = this.#faults.filter((one) => one.times > 0);
    return fault;
  }
}
