import { randomBytes } from "node:crypto";

const TEXT = 1;
const MASKED = 0x80;

/**
 * Reads the text frames out of one direction of a WebSocket (RFC 6455 section 5.2) as its bytes pass by. Neither side
 * splits messages or compresses them, so frames are messages.
 */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The texts that these bytes completed. */
  read(bytes: Buffer): string[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const texts: string[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
      if (frame.opcode === TEXT) texts.push(frame.payload.toString("utf8"));
    }
    return texts;
  }

  #next(): { opcode: number; payload: Buffer } | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    const masked = ((rest[1] ?? 0) & MASKED) !== 0;
    const short = (rest[1] ?? 0) & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const header = 2 + lengthBytes + (masked ? 4 : 0);
    if (rest.length < header) return undefined;
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    if (rest.length < header + length) return undefined;
    const payload = Buffer.from(rest.subarray(header, header + length));
    if (masked) mask(payload, rest.subarray(header - 4, header));
    this.#rest = rest.subarray(header + length);
    return { opcode: (rest[0] ?? 0) & 0x0f, payload };
  }
}

/** A text frame as a client sends it: masked. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text, "utf8");
  const key = randomBytes(4);
  mask(payload, key);
  const length =
    payload.length < 126
      ? Buffer.from([MASKED | payload.length])
      : Buffer.from([MASKED | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([Buffer.from([0x80 | TEXT]), length, key, payload]);
}

function mask(payload: Buffer, key: Buffer): void {
  for (let index = 0; index < payload.length; index++) {
    payload[index] = (payload[index] ?? 0) ^ (key[index % 4] ?? 0);
  }
}
