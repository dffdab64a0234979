/**
 * Whether two texts are equal, in a time that tells nothing about where they differ, nor about the length of the
 * expected one: both sides are hashed first.
 */
export async function sameText(given: string, expected: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [left, right] = await Promise.all([
    crypto.subtle.digest("SHA-256", encoder.encode(given)),
    crypto.subtle.digest("SHA-256", encoder.encode(expected)),
  ]);
  return crypto.subtle.timingSafeEqual(left, right);
}
