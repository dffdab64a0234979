const UNITS = ["bytes", "KB", "MB"] as const;

/** How large a file is, as a phone says it: `812 bytes`, `41.3 KB`, `2 MB`. */
export function fileSize(bytes: number): string {
  const power = bytes < 1024 ? 0 : bytes < 1024 * 1024 ? 1 : 2;
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${UNITS[power]}`;
}
