/** What was found about one invariant. */
export interface Finding {
  invariant: string;
  /** How many cases were looked at. */
  checked: number;
  /** What broke it, in words: empty where it held. */
  violations: string[];
  /** Things that came twice where the promise allows it, and things that nobody knows. */
  duplicates?: number;
  unknowns?: number;
}
