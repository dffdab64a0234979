/** Names that are longer are cut by file managers on a phone. */
const MOST_WORDS = 40;

const ENDINGS = { markdown: "md", plain: "txt" } as const;

/** How a text is written, and so what its file's name ends with. */
export type Format = keyof typeof ENDINGS;

/**
 * What a file is called: what it is, and the words of its subject. Only letters, digits and `-` of ASCII stand before its
 * ending, whatever the subject holds, so it is no path and needs no quotes.
 */
export function fileNameOf(what: "question" | "answer", subject: string, format: Format): string {
  const words = subject
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .slice(0, MOST_WORDS)
    .replace(/^-|-$/g, "");
  return `${words === "" ? what : `${what}-${words}`}.${ENDINGS[format]}`;
}
