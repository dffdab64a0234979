import { openDatabase } from "../../agent/store/database.ts";
import { Journal } from "../../agent/store/journal.ts";
import type { Outcome } from "../../src/protocol.ts";

/** A command as a person would write it down: in which session, how far, until when, and what became of it. */
export interface Note {
  session: string;
  state: "untyped" | "injecting" | "typed" | "finished";
  until: number;
  outcome?: Outcome;
  endedAt: number;
  stored: boolean;
}

/** The journal, on paper. Notes stand in the order of their coming. */
export class Paper {
  now = 1_000_000;
  readonly notes = new Map<string, Note>();

  /** False where it has ended already, or is not there. */
  end(id: string, outcome: Outcome): boolean {
    const note = this.notes.get(id);
    if (note === undefined || note.state === "finished") return false;
    this.notes.set(id, { ...note, state: "finished", outcome, endedAt: this.now });
    return true;
  }

  /** Ends what is in this state and meets this condition; returns their ids. */
  endAll(state: Note["state"], outcome: Outcome, which: (note: Note) => boolean): string[] {
    const ids = [...this.notes].filter(([, note]) => note.state === state && which(note)).map(([id]) => id);
    for (const id of ids) this.end(id, outcome);
    return ids;
  }

  move(id: string, from: Note["state"], to: Note["state"]): boolean {
    const note = this.notes.get(id);
    if (note?.state !== from) return false;
    note.state = to;
    return true;
  }
}

/** The journal in its file, and how often each text may stand in a terminal. */
export class Desk {
  readonly #path: string;
  readonly #paper: Paper;
  readonly bytes = new Map<string, number>();
  journal: Journal;
  #database;

  constructor(path: string, paper: Paper) {
    this.#path = path;
    this.#paper = paper;
    this.#database = openDatabase(path);
    this.journal = this.#open();
  }

  /** As kill -9 and a start: only what was committed is there. */
  crash(): string[] {
    this.close();
    this.#database = openDatabase(this.#path);
    this.journal = this.#open();
    return this.journal.recover();
  }

  close(): void {
    this.#database.close();
  }

  #open(): Journal {
    return new Journal(this.#database, { wall: () => this.#paper.now, monotonic: () => this.#paper.now });
  }
}
