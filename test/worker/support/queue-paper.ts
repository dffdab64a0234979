import { WINDOW } from "../../../src/protocol.ts";

/** What can happen to one command. */
export type About = "journal" | "result" | "cancel" | "edit" | "offer again";

export interface Row {
  readonly n: number;
  readonly urgent: boolean;
  /** The day after which nobody types it any more. */
  readonly until: number;
  session: string;
  text: string;
  /** The connection on which it was last sent; 0: it never left. */
  sentOn: number;
  cancelling: boolean;
}

/** The machine's queue and its connection, as a person would keep them on paper. */
export class Paper {
  day = 0;
  rows: Row[] = [];
  connection = 0;
  online = false;
  /** What the present connection has been sent. */
  sent: string[] = [];
  #window = new Set<number>();

  connect(): void {
    this.connection += 1;
    this.online = true;
    this.#window.clear();
    this.sent = [];
    this.#pump();
  }

  /** The agent comes back and has lost its journal: what became of what it was sent, nobody knows. */
  connectEmpty(): void {
    this.rows = this.rows.filter(({ sentOn }) => sentOn === 0);
    this.connect();
  }

  offer(row: Pick<Row, "n" | "urgent" | "until" | "session" | "text">): void {
    this.rows.push({ ...row, sentOn: 0, cancelling: false });
    this.#pump();
  }

  /** What is in the agent's journal, or over, has left the window. */
  left(n: number): void {
    this.#window.delete(n);
    this.#pump();
  }

  end(n: number): void {
    this.rows = this.rows.filter((row) => row.n !== n);
    this.left(n);
  }

  cancel(row: Row): void {
    if (row.sentOn === 0) return this.end(row.n);
    row.cancelling = true;
    if (!this.online) return;
    row.sentOn = this.connection;
    this.#say(row);
  }

  edit(row: Row, text: string): boolean {
    if (row.sentOn !== 0) return false;
    row.text = text;
    return true;
  }

  rename(to: string): void {
    for (const row of this.rows) row.session = to;
  }

  /** The alarm rings: what is over ends, wherever it is. */
  expire(): void {
    this.rows = this.rows.filter((row) => !this.#isOver(row));
  }

  /** What was sent and is not in the journal yet. */
  get unjournaled(): Row[] {
    return this.online ? this.rows.filter(({ n }) => this.#window.has(n)) : [];
  }

  /** One of the commands that can meet this now; mostly one of those that this connection will be sent next. */
  pick(what: About, which: number): Row | undefined {
    // An agent repeats a result on a new connection before that has sent it the command again.
    const can =
      what === "journal" ? this.unjournaled : this.rows.filter((row) => what !== "result" || row.sentOn !== 0);
    const early = can.filter(({ sentOn }) => (what === "edit" ? sentOn === 0 : sentOn !== this.connection));
    const rows = which % 4 > 0 && early.length > 0 ? early.slice(0, WINDOW / 2) : can;
    return rows[Math.floor(which / 4) % Math.max(1, rows.length)];
  }

  #pump(): void {
    while (this.online && this.#window.size < WINDOW) {
      const waiting = this.rows.filter(({ sentOn }) => sentOn !== this.connection);
      const next = waiting.find(({ urgent, cancelling }) => urgent || cancelling) ?? waiting[0];
      if (next === undefined) return;
      if (next.sentOn === 0 && this.#isOver(next)) {
        this.rows = this.rows.filter((row) => row !== next);
        continue;
      }
      next.sentOn = this.connection;
      this.#say(next);
      if (!next.cancelling) this.#window.add(next.n);
    }
  }

  #isOver({ until }: Row): boolean {
    return until < this.day;
  }

  #say({ n, session, text, cancelling }: Row): void {
    this.sent.push(cancelling ? `cancel ${n} of ${session}` : `command ${n} of ${session}: ${text}`);
  }
}
