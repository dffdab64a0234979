/** Crockford's base 32: no I, L, O or U, which people misread. https://www.crockford.com/base32.html */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A new code, `XXXX-XXXX`: 40 random bits. Five tries against 40 bits are one in 2 × 10¹¹. */
export function newPairingCode(): string {
  const symbols = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => ALPHABET[byte % 32]);
  return `${symbols.slice(0, 4).join("")}-${symbols.slice(4).join("")}`;
}

/** What is stored of a code. A person may type it in small letters, with or without the machine's name and dashes. */
export async function hashPairingCode(machineId: string, code: string): Promise<string> {
  const given = code.trim().toUpperCase();
  const prefix = `${machineId.toUpperCase()}-`;
  const bare = (given.startsWith(prefix) ? given.slice(prefix.length) : given)
    .replaceAll("-", "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${machineId}:${bare}`));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
