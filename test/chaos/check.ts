import { checkAnswers } from "./check-answers.ts";
import { checkAlarms, checkConnections, checkLeftovers, checkWindow } from "./check-machinery.ts";
import { checkOutcomes, checkSaid, checkTaken, checkTold, checkUnknown } from "./check-outcomes.ts";
import { checkEdits, checkIntruders, checkLate, checkOnce, checkOrder, checkTyped } from "./check-typing.ts";
import type { Finding } from "./finding.ts";
import type { History } from "./history.ts";

/** Holds what everybody recorded against what the router promises. Pure: the same history, the same findings. */
export function check(history: History): Finding[] {
  return [
    checkTaken(history),
    checkOutcomes(history),
    checkTold(history),
    checkSaid(history),
    checkUnknown(history),
    checkOnce(history),
    checkTyped(history),
    checkOrder(history),
    checkLate(history),
    checkEdits(history),
    checkIntruders(history),
    checkAnswers(history),
    checkConnections(history),
    checkWindow(history),
    checkLeftovers(history),
    checkAlarms(history),
  ];
}

/** All that broke an invariant, in words. */
export function violationsOf(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ invariant, violations }) => violations.map((violation) => `${invariant}: ${violation}`));
}
