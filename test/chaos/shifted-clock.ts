/**
 * Loaded into an agent before its own code (`node --import`): its wall clock is off by as many milliseconds as the file
 * in CHAOS_CLOCK says, which is read again and again. The monotonic clock stays right, as on a real machine.
 */
import { readFileSync } from "node:fs";

const LOOK_EVERY_MS = 200;

const file = process.env["CHAOS_CLOCK"] ?? "";
const trueNow = Date.now.bind(Date);
let offset = read();

function read(): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

setInterval(() => {
  offset = read();
}, LOOK_EVERY_MS).unref();

Date.now = () => trueNow() + offset;
