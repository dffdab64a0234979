import { setTimeout as delay } from "node:timers/promises";

/**
 * The pause between a text and its Enter, in milliseconds, as for a PTY of ours: with less, Claude Code takes the Enter
 * as a newline of the paste.
 */
const PAUSE = { least: 150, look: 80, most: 500 };

/** Resolves when what a terminal shows has come to rest, or after half a second. @param look reads the screen. */
export async function settled(look: () => Promise<string | undefined>): Promise<void> {
  const start = performance.now();
  await delay(PAUSE.least);
  let before = await look();
  while (performance.now() - start < PAUSE.most) {
    await delay(PAUSE.look);
    const now = await look();
    if (now === before) return;
    before = now;
  }
}

/** A key that follows Escape at once is taken for Alt and that key (measured with Claude Code). Milliseconds. */
const ESCAPE_ALONE = 100;

/** Waits where what was pressed is Escape alone. */
export async function standsAlone(bytes: string): Promise<void> {
  if (bytes === "\u001b") await delay(ESCAPE_ALONE);
}
