import type { NotificationBody } from "../../src/protocol.ts";
import type { Registry } from "../session/registry.ts";
import type { Session } from "../store/sessions.ts";
import type { ClaudeSettings } from "./claude-settings.ts";
import { ClaudeTerminal } from "./claude-terminal.ts";
import { exitQuestion } from "./exit.ts";
import { Terminals } from "./places.ts";

export interface TerminalsSurroundings {
  registry: Registry;
  settings(): ClaudeSettings;
  /** Whether a question of this session is open. */
  asks(sessionId: string): boolean;
  notify(body: NotificationBody): void;
  /** Puts a long prompt into a private file; returns its path. */
  keep(text: string): string;
}

/** The terminals of sessions of Claude Code, as their places say. */
export class ClaudeTerminals {
  readonly #around: TerminalsSurroundings;
  readonly #bare: Terminals;

  constructor(around: TerminalsSurroundings) {
    this.#around = around;
    this.#bare = new Terminals((id) => around.registry.terminal(id));
  }

  /**
   * A terminal for this session; null where there is nothing that can be typed into, now.
   * @param name what the session is called by then.
   */
  of({ claude, pid, processStart }: Session, name: () => string): ClaudeTerminal | null {
    const around = this.#around;
    const bare = this.#bare.at(claude?.place ?? { kind: "none" });
    if (bare === undefined) return null;
    return new ClaudeTerminal(bare, {
      pid,
      processStart,
      plain: claude?.plain ?? false,
      asks: () => around.asks(name()),
      permissions: () => {
        const { allowShell, allowExit } = around.settings();
        return { shell: allowShell, exit: allowExit };
      },
      confirmExit: () => around.notify(exitQuestion(name(), around.registry.get(name())?.label ?? null)),
      keep: (text) => around.keep(text),
    });
  }
}
