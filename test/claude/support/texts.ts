/** Prompts that something on the way could spoil. */
export const TEXTS: readonly [name: string, text: string][] = [
  ["one line", "fix the tests"],
  ["many lines", "first\nsecond\n\n  fourth, indented"],
  ["5,000 characters", "0123456789".repeat(500)],
  ["a trailing backslash", String.raw`C:\path\ `.trim()],
  ["a trailing semicolon", "a; b;"],
  ["a semicolon alone", ";"],
  ["a leading dash", "-t %0 -l"],
  ["quotes", `it's "quoted" \`code\` $HOME $(id) %1 #{pane_id}`],
  ["emoji and CJK", "👩‍👩‍👧 grün 日本語 مرحبا"],
  ["markup", "<b>bold</b> &amp; **strong** {{x}}"],
];
