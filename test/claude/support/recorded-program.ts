/**
 * A program that reads its terminal as Claude Code does: raw, with bracketed paste. It writes what it got to a file,
 * byte for byte. `node recorded-program.ts FILE`.
 */
import { appendFileSync } from "node:fs";

const [file = ""] = process.argv.slice(2);
process.stdin.setRawMode(true);
process.stdout.write("\u001b[?2004hready\r\n");
process.stdin.on("data", (bytes: Buffer) => {
  appendFileSync(file, bytes);
  // Without an echo nothing would change on the screen.
  process.stdout.write(`${bytes.length} bytes\r\n`);
});
