import { posix } from "node:path";

/** Telegram's library cuts both parts of a name. */
const MAX_STEM = 64;
const MAX_EXTENSION = 16;

const MIME_TYPES: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".md": "text/markdown",
  ".txt": "text/plain",
};

/** The name that Telegram gives an uploaded file: no path, and nothing that a file system could stumble over. */
export function cleanFileName(name: string): string {
  const { name: stem, ext } = posix.parse(name.replaceAll("\\", "/"));
  return cleanPart(stem, MAX_STEM) + cleanPart(ext, MAX_EXTENSION);
}

/** What Telegram takes a file for, by the end of its name. */
export function mimeTypeOf(name: string): string {
  return MIME_TYPES[posix.extname(name).toLowerCase()] ?? "application/octet-stream";
}

function cleanPart(part: string, length: number): string {
  return Array.from(part.replaceAll(/[<>:"|?*&`'\p{Cc}]|[^\p{ASCII}\p{L}\p{N}]/gu, " "))
    .slice(0, length)
    .join("")
    .trimEnd();
}
