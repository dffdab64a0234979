/** Two clocks, both in milliseconds, since neither alone can be trusted: the one jumps, the other may stop in sleep. */
export interface Clock {
  /** Since 1970; follows what somebody sets. */
  wall(): number;
  /** Since some moment; never goes back, and on some systems stands still while the machine sleeps. */
  monotonic(): number;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => Math.floor(performance.now()),
};
