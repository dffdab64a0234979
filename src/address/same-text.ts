/** Bytes: more than any secret has. Telegram's have at most 256 characters (Bot API, setWebhook). */
const WIDTH = 512;

const encoder = new TextEncoder();

/**
 * Whether two texts are equal, in a time that tells nothing about where they differ, nor about the length of the
 * expected one: both are compared in the same width. At once, since a digest would have to be waited for.
 *
 * @throws where `expected` has more than 512 bytes: a part of it would not be compared
 */
export function sameText(given: string, expected: string): boolean {
  const right = padded(expected);
  if (right.read < expected.length) throw new Error(`a secret has at most ${WIDTH} bytes`);
  // What fills up the width is no part of a text: the lengths tell them apart, once everything else is equal.
  return crypto.subtle.timingSafeEqual(padded(given).bytes, right.bytes) && given.length === expected.length;
}

function padded(text: string): { bytes: Uint8Array; read: number } {
  const bytes = new Uint8Array(WIDTH);
  return { bytes, read: encoder.encodeInto(text, bytes).read };
}
