/**
 * A terminal that a session runs in, whatever it is made of: a PTY of ours, a pane of tmux, a buffer of nvim.
 *
 * The promises: one order at a time, in the order in which they were given, so that two texts never mix. Every order
 * settles with a value; a rejection is a bug. Once a method has settled, nothing more of that order reaches the program.
 */
export interface Terminal {
  /**
   * Types `text` and submits it. `text` of kind `text` is what a user wrote; of kind `action` it is what a button
   * means (`continue`, `yes`, `no`, `exit`, or text to type as it is). What could do harm in a terminal is taken out
   * before. Resolves with `typed` when the last byte was handed to the program's terminal: this does not prove that
   * the program took it. Where `beforeEnter` gives a reason, Enter is not pressed: the text stands there unsent, and
   * the result is `held` with that reason.
   */
  type(text: string, kind: "text" | "action", beforeEnter?: BeforeEnter): Promise<TypeResult>;

  /** Presses one named key, `escape` or `ctrl-c` for example. An unknown name fails and presses nothing. */
  key(name: string): Promise<TypeResult>;

  /**
   * What the terminal shows, as plain text without blank lines: at most its last 40 lines. Without its faint text where
   * that is to be hidden, such as what a program proposes in its empty box; nvim cannot tell, and shows it.
   */
  screen(faint?: Faint): Promise<ScreenResult>;

  /** Whether the program still runs in it, as far as is known now. */
  alive(): boolean;
}

/** `failed`: nothing was submitted, and the reason says what to do. `held`: nor was it; not now, it may be tried again. */
export type TypeResult =
  | { status: "typed"; /** Characters that were taken out of the text, where there were any. */ removed?: number }
  | { status: "failed"; reason: string }
  | { status: "held"; reason: string };

/** Asked when a text stands there, directly before its Enter. Resolves with why Enter must not be pressed now. */
export type BeforeEnter = () => Promise<string | undefined>;

export type Faint = "shown" | "hidden";

export type ScreenResult = { status: "screen"; text: string } | { status: "failed"; reason: string };
