import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { Command, NotificationBody } from "../../src/protocol.ts";
import type { Clock } from "../clock.ts";
import type { Hook } from "../control/messages.ts";
import type { HookLine } from "../control/server.ts";
import type { Environment } from "../environment.ts";
import { processStart } from "../session/process.ts";
import type { Registry } from "../session/registry.ts";
import type { AskStore } from "../store/asks.ts";
import type { Presence, Sought } from "../session/session-terminal.ts";
import type { Session } from "../store/sessions.ts";
import type { ClaudeSettings } from "./claude-settings.ts";
import { claudeLabel, titleOf } from "./claude-label.ts";
import { sessionTold } from "./claude-session.ts";
import type { ClaudeTerminal } from "./claude-terminal.ts";
import { ClaudeTerminals } from "./claude-terminals.ts";
import { Desk } from "./desk.ts";
import { isExit, meaningOf } from "./exit.ts";
import { HookInput, type HookInputOf } from "./hook-input.ts";
import { Manners } from "./manners.ts";
import { type Answering, OpenAsks } from "./open-asks.ts";
import { PlaceSearch } from "./place-search.ts";
import { isSamePrompt } from "./prompt-text.ts";
import { saysBack } from "./session-commands.ts";
import { settingsPath } from "./settings-file.ts";
import { isOurs } from "./slash-command-files.ts";
import { asTyped, isTypedByPerson } from "./taken-prompt.ts";
import { type TurnEnd, turnNotification } from "./turn-message.ts";

/** A question to somebody at the desk is sent only where it stands open for so long. */
const DESK_PATIENCE_MS = 15_000;
const MINUTE_MS = 60_000;
/** Stands for the nonce of a question where a command of ours was sent: it types nothing. No question has it. */
const MANNER = "manner";
/** After /clear the end of the old session comes before the start of the new one. */
const SUCCESSION_MS = 60_000;

export interface ClaudeSurroundings {
  registry: Registry;
  asks: AskStore;
  clock: Clock;
  env: Environment;
  settings(): ClaudeSettings;
  /** Whether the router is connected. */
  online(): boolean;
  /** Puts a notification into the outbox. */
  notify(body: NotificationBody): void;
  closeQuestion(sessionId: string, nonce: string, by: string): void;
  /** A prompt was taken: it may prove a command that was typed before. Returns whether it did. */
  submitted(sessionId: string, isSame: (typed: string) => boolean): boolean;
  /** What waits to be typed goes along with a session that got another name. */
  renamed(from: string, to: string): void;
  /** Puts a long prompt into a private file; returns its path. */
  keep(text: string): string;
  /** The path that `keep` returns for this text. */
  pathOf(text: string): string;
  /** Does what may find no room on the disk. Where it finds none, that is told, and nothing is thrown. */
  attempt(work: () => void): void;
  log(line: string): void;
}

/** A session of Claude Code, as far as it is not stored. */
interface Live {
  /** Its name now. */
  sessionId: string;
  terminal: ClaudeTerminal | null;
  desk: Desk;
  ending: NodeJS.Timeout | undefined;
}

/**
 * The sessions of Claude Code on this machine, as its hooks tell of them: they appear, change their names and end; their
 * turns and questions go to the phone, and the answers back.
 */
export class ClaudeSessions {
  readonly #around: ClaudeSurroundings;
  readonly #terminals: ClaudeTerminals;
  readonly #asks: OpenAsks;
  readonly #manners: Manners;
  readonly #places: PlaceSearch;
  readonly #live = new Map<string, Live>();
  /** The events of one Claude come one after the other. */
  readonly #turns = new Map<number, Promise<void>>();
  #stopped = false;

  constructor(around: ClaudeSurroundings) {
    this.#around = around;
    const { registry } = around;
    this.#terminals = new ClaudeTerminals({ ...around, asks: (sessionId) => this.#asks.has(sessionId) });
    this.#asks = new OpenAsks({
      store: around.asks,
      clock: around.clock,
      online: () => around.online(),
      notify: (body) => around.notify(body),
      closeQuestion: (sessionId, nonce, by) => around.closeQuestion(sessionId, nonce, by),
      look: async (sessionId) => {
        const seen = await this.#live.get(sessionId)?.terminal?.sees();
        return { box: seen?.box ?? false, back: seen?.queued.some(saysBack) ?? false };
      },
      back: (sessionId) => this.#manners.back(sessionId),
      changed: (sessionId) => registry.look(sessionId),
      attempt: (work) => around.attempt(work),
    });
    this.#manners = new Manners({
      registry,
      awayMinutes: () => around.settings().awayMinutes,
      back: (sessionId) => this.#asks.letGo(sessionId),
      holds: (sessionId) => this.#asks.holds(sessionId),
      env: around.env,
      notify: (body) => around.notify(body),
    });
    this.#places = new PlaceSearch({
      registry,
      clock: around.clock,
      found: (session) => this.#revive(session),
      attempt: (work) => {
        if (!this.#stopped) around.attempt(work);
      },
    });
  }

  /** The sessions of the agent before are here again. */
  start(): void {
    for (const session of this.#around.registry.all()) if (session.claude !== null) this.#revive(session);
  }

  /** An event. Whatever comes of it, the hook is let go at once, unless a person has to be asked. */
  hook(hook: Hook, line: HookLine): void {
    const input = v.safeParse(HookInput, hook.input);
    if (!input.success || hook.env.CLAUDE_CODE_ENTRYPOINT !== "cli" || this.#stopped) return line.release();
    const { hook_event_name: event, session_id } = input.output;
    if (event === "PermissionRequest" || (event === "PreToolUse" && this.#manners.isAway(session_id))) line.hold();
    const before = this.#turns.get(hook.claudePid) ?? Promise.resolve();
    const turn = before
      .then(() => this.#take(hook, input.output, line))
      .then(() => this.#places.heard(session_id, hook))
      .catch((error: unknown) => {
        this.#around.log(
          `an event of Claude Code failed (${hook.event}): ${error instanceof Error ? error.message : String(error)}`,
        );
        line.release();
      });
    this.#turns.set(hook.claudePid, turn);
    void turn.then(() => this.#turns.get(hook.claudePid) === turn && this.#turns.delete(hook.claudePid));
  }

  /** What is to be done for a command, where that is not what its kind says. */
  meaning(command: Command): Command {
    const isManner = command.kind === "text" && this.#manners.takes(command.sessionId, command.command);
    return isManner ? { ...command, kind: "answer", nonce: MANNER } : meaningOf(command);
  }

  /** An answer from the phone. */
  answer(command: Extract<Command, { kind: "answer" }>): Answering {
    // "Keep it running": there is nothing to do. "End it" is an order to type by now, see `meaningOf`.
    if (isExit(command.nonce)) return "taken";
    if (command.nonce !== MANNER) return this.#asks.answer(command);
    this.#live.get(command.sessionId)?.desk.left();
    return this.#manners.told(command) ? "taken" : "closed";
  }

  /** A terminal of `run` came or went: Claude may be in it. */
  runChanged(sessionId: string): void {
    for (const session of this.#around.registry.all()) {
      const place = session.claude?.place;
      if (place?.kind === "run" && place.sessionId === sessionId) this.#revive(session);
    }
    this.#places.runCame(sessionId);
  }

  /** Where a session is, for what is to be typed there. */
  presence(sessionId: string): Presence | Sought {
    return this.#places.presence(sessionId);
  }

  /** A session is over. */
  ended(sessionId: string): void {
    const live = this.#live.get(sessionId);
    this.#live.delete(sessionId);
    this.#places.forget(sessionId);
    if (live?.terminal) this.#around.registry.leave(live.terminal);
    this.#asks.ended(sessionId);
    clearInterval(live?.ending);
  }

  /** Hooks that wait come back to the next agent. */
  stop(): void {
    this.#stopped = true;
    this.#asks.stop();
    for (const live of this.#live.values()) clearInterval(live.ending);
  }

  async #take(hook: Hook, input: HookInput, line: HookLine): Promise<void> {
    const event = input.hook_event_name;
    // A hook whose Claude is gone has nothing more to say.
    const start = processStart(hook.claudePid);
    if (start === null) return line.release();
    if (event === "SessionEnd") {
      line.release();
      return this.#onEnd(input, hook.claudePid, start);
    }
    const session = await this.#sessionOf(hook, input, start);
    const live = this.#liveOf(session);
    switch (event) {
      case "PreToolUse":
        if (!this.#manners.isAway(session.sessionId)) return line.release();
        return this.#asks.holdBack(session, hook, input, line, this.#around.settings().awayMinutes * MINUTE_MS);
      case "PermissionRequest":
        return this.#asks.open(session, hook, input, line, this.#isAtDesk(session, live) ? DESK_PATIENCE_MS : 0);
      case "UserPromptExpansion":
        // What the user has a command of that name for is his.
        if (!isOurs(input, { ...this.#around.env, ...hook.env })) return line.release();
        return line.release(this.#manners.expand(session, input));
      case "UserPromptSubmit":
        line.release();
        this.#onPrompt(session, live, input);
        return this.#retitle(session, input);
      case "Stop":
      case "StopFailure":
      case "PermissionDenied":
        line.release();
        return this.#onTurn(session, live, input);
      case "PostToolUse":
      case "PostToolUseFailure":
        line.release();
        return this.#asks.answeredElsewhere(session.sessionId, (ask) => ask.isFor(input.tool_name, input.tool_input));
      case "SessionStart":
      case "Notification":
        line.release();
        this.#around.registry.look(session.sessionId);
    }
  }

  /* ---- sessions ------------------------------------------------------------------------------------------------ */

  /** The session that an event is of: known, new, or one that goes on in the same terminal under another name. */
  async #sessionOf(hook: Hook, input: HookInput, start: string): Promise<Session> {
    const { registry, clock } = this.#around;
    const known = registry.get(input.session_id);
    if (known?.pid === hook.claudePid && known.processStart === start && input.hook_event_name !== "SessionStart")
      return known;
    const title = titleOf(input) ?? known?.claude?.title ?? "";
    const [place, label] = await Promise.all([
      this.#places.find(input.session_id, hook),
      claudeLabel(input.cwd, title),
    ]);
    // After the waiting: the user may have chosen something meanwhile.
    const before = registry
      .all()
      .find(({ claude, pid, processStart: when }) => claude !== null && pid === hook.claudePid && when === start);
    const folder = dirname(settingsPath({ ...this.#around.env, ...hook.env }));
    const now = clock.wall();
    const session = sessionTold({ hook, input, start, place, title, label, folder, before, now });
    this.#settle(session, before);
    return session;
  }

  /** Claude Code may give a session a title at any time: it is part of the label, where the user gave none. */
  async #retitle({ sessionId, claude }: Session, input: HookInputOf<"UserPromptSubmit">): Promise<void> {
    const title = titleOf(input);
    if (title === undefined || title === claude?.title || claude?.named === true) return;
    const label = await claudeLabel(input.cwd, title);
    // After the waiting: the user may have named it meanwhile.
    const session = this.#around.registry.get(sessionId);
    if (session === undefined || session.claude === null || session.claude.named) return;
    this.#around.registry.note({ ...session, label, claude: { ...session.claude, title } });
  }

  /** @param before what ran in that process until now: the same session, or the one that it goes on for. */
  #settle(session: Session, before: Session | undefined): void {
    const { registry } = this.#around;
    const live = this.#liveOf(before ?? session);
    clearInterval(live.ending);
    // What is being typed there is proved to the terminal that typed it, whatever the session is called by then.
    const stays = live.terminal !== null && isDeepStrictEqual(before?.claude?.place, session.claude?.place);
    if (!stays) live.terminal = this.#terminals.of(session, () => live.sessionId);
    if (before === undefined || before.sessionId === session.sessionId) {
      registry.adopt(session, live.terminal);
      if (before === undefined) {
        this.#around.log(
          `Claude Code ${session.sessionId} is here (${session.claude?.place.kind ?? "none"}, process ${session.pid})`,
        );
      }
    } else {
      live.sessionId = session.sessionId;
      this.#places.forget(before.sessionId);
      this.#live.delete(before.sessionId);
      clearInterval(this.#live.get(session.sessionId)?.ending);
      this.#live.set(session.sessionId, live);
      this.#asks.renamed(before.sessionId, session.sessionId);
      registry.succeed(before, session, live.terminal);
      this.#around.renamed(before.sessionId, session.sessionId);
      this.#around.log(`Claude Code ${before.sessionId} goes on as ${session.sessionId}`);
    }
    if (session.claude?.place.kind === "run") registry.host(session.claude.place.sessionId, live.terminal);
  }

  #revive(session: Session): void {
    const { registry } = this.#around;
    const live = this.#liveOf(session);
    live.terminal = this.#terminals.of(session, () => live.sessionId);
    registry.seat(session.sessionId, live.terminal);
    if (session.claude?.place.kind === "run") registry.host(session.claude.place.sessionId, live.terminal);
  }

  #liveOf({ sessionId }: Session): Live {
    const known = this.#live.get(sessionId);
    if (known !== undefined) return known;
    const live: Live = { sessionId, terminal: null, desk: new Desk(), ending: undefined };
    this.#live.set(sessionId, live);
    return live;
  }

  #onEnd({ session_id, reason }: HookInputOf<"SessionEnd">, pid: number, start: string): void {
    const { registry } = this.#around;
    const session = registry.get(session_id);
    // Taken up by another process, it lives on there.
    if (session?.pid !== pid || session.processStart !== start) return;
    if (reason !== "clear" && reason !== "resume") return registry.finish(session_id, reason);
    const live = this.#liveOf(session);
    clearInterval(live.ending);
    // `ended` stops it. On a full disk it comes to that the next time.
    live.ending = setInterval(() => this.#around.attempt(() => registry.finish(session_id, reason)), SUCCESSION_MS);
  }

  /* ---- turns --------------------------------------------------------------------------------------------------- */

  #onPrompt(session: Session, live: Live, input: HookInputOf<"UserPromptSubmit">): void {
    const { prompt } = input;
    const ours =
      (live.terminal?.submitted(prompt) ?? false) ||
      this.#around.submitted(session.sessionId, (sent) =>
        isSamePrompt(
          asTyped(sent, (text) => this.#around.pathOf(text)),
          prompt,
        ),
      );
    if (ours) live.desk.left();
    else if (isTypedByPerson(input)) live.desk.used(this.#around.clock.wall());
    this.#around.registry.look(session.sessionId);
  }

  #onTurn(session: Session, live: Live, input: TurnEnd): void {
    if (input.agent_id === undefined && input.hook_event_name !== "PermissionDenied") {
      this.#asks.answeredElsewhere(session.sessionId, (ask) => !ask.ofSubagent);
    }
    this.#around.registry.look(session.sessionId);
    if (session.claude === null || this.#isAtDesk(session, live)) return;
    const { notify, away } = session.claude;
    if (!away && !(notify ?? this.#around.settings().alwaysNotify)) return;
    const notification = turnNotification(session, input);
    if (notification !== undefined) this.#around.notify(notification);
  }

  #isAtDesk({ claude }: Session, { desk }: Live): boolean {
    return claude?.away !== true && desk.isTaken(this.#around.clock.wall());
  }
}
