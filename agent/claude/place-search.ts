import type { Clock } from "../clock.ts";
import type { Hook } from "../control/messages.ts";
import type { Registry } from "../session/registry.ts";
import type { Presence, Sought } from "../session/session-terminal.ts";
import type { Place, Session } from "../store/sessions.ts";
import { findPlace } from "./places.ts";

/** A look costs a few processes, and what was in its way is seldom gone sooner. Milliseconds. */
const LOOK_AGAIN_MS = 5_000;

export interface SearchSurroundings {
  registry: Registry;
  clock: Clock;
  /** A session that was in no terminal is in one: it is stored so. */
  found(session: Session): void;
  /** Does what may find no room on the disk. Where it finds none, that is told, and nothing is thrown. */
  attempt(work: () => void): void;
}

/** What is remembered of a process to look for it again. */
interface Look {
  pid: number;
  /** What it inherited. */
  env: Hook["env"];
  /** When it was looked for, by the monotonic clock. */
  at: number;
  isUnderWay: boolean;
}

/**
 * Finds out where sessions can be typed into. One that was found in no terminal may be in one all the same: nvim waited
 * for a key, tmux was too slow, or the terminal of its `run` was not there yet. So it is looked for again.
 */
export class PlaceSearch {
  readonly #around: SearchSurroundings;
  readonly #looks = new Map<string, Look>();

  constructor(around: SearchSurroundings) {
    this.#around = around;
  }

  /** Where the process is that this hook is of. */
  async find(sessionId: string, hook: Hook): Promise<Place> {
    const look = { pid: hook.claudePid, env: hook.env, at: this.#around.clock.monotonic(), isUnderWay: false };
    this.#looks.set(sessionId, look);
    return await this.#place(look);
  }

  /** An event of a session. Claude does not wait for what is done here. */
  heard(sessionId: string, { claudePid: pid, env }: Hook): void {
    if (this.#looks.get(sessionId)?.pid !== pid) {
      this.#looks.set(sessionId, { pid, env, at: -Infinity, isUnderWay: false });
    }
    this.#seeks(sessionId);
  }

  /** The terminal of this `run` came: what inherited its name may be in it. */
  runCame(run: string): void {
    for (const [sessionId, { env }] of this.#looks) if (env.CCR_SESSION === run) this.#seeks(sessionId, 0);
  }

  /** Where a session is that something is to be typed into. What was sought is followed by `changed` of the registry. */
  presence(sessionId: string): Presence | Sought {
    return this.#seeks(sessionId) ? { at: "sought" } : this.#around.registry.presence(sessionId);
  }

  forget(sessionId: string): void {
    this.#looks.delete(sessionId);
  }

  /**
   * Whether a session that was found in no terminal is being looked for: that begins here, unless it was just done.
   * @param patienceMs for how long it is not done again.
   */
  #seeks(sessionId: string, patienceMs = LOOK_AGAIN_MS): boolean {
    const { registry, clock } = this.#around;
    const session = registry.get(sessionId);
    const look = this.#looks.get(sessionId);
    if (session?.claude?.place.kind !== "none" || look?.pid !== session.pid) return false;
    if (look.isUnderWay) return true;
    if (clock.monotonic() - look.at < patienceMs) return false;
    look.at = clock.monotonic();
    look.isUnderWay = true;
    void this.#place(look).then((place) => {
      look.isUnderWay = false;
      this.#around.attempt(() => this.#looked(sessionId, look, place));
    });
    return true;
  }

  #place({ env, pid }: Look): Promise<Place> {
    return findPlace(env, pid, (run) => this.#around.registry.get(run)?.pid);
  }

  #looked(sessionId: string, look: Look, place: Place): void {
    const { registry } = this.#around;
    const session = registry.get(sessionId);
    // It may have ended or begun anew meanwhile.
    if (!session?.claude || this.#looks.get(sessionId) !== look) return;
    // What waits is told that nobody can type there.
    if (place.kind === "none") return registry.look(sessionId);
    const found: Session = { ...session, claude: { ...session.claude, place } };
    registry.note(found);
    this.#around.found(found);
  }
}
