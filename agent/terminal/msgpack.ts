/** What is exchanged with nvim: MessagePack (msgpack.org), as far as nvim uses it. */
export type Unpacked = null | boolean | number | string | Unpacked[] | Map<Unpacked, Unpacked> | Uint8Array;

/** What is packed here: no maps, and numbers that are whole and below 2^32. */
export type Packable = number | string | readonly Packable[];

export function pack(value: Packable): Buffer {
  if (typeof value === "number") return header(0xce, value);
  if (typeof value === "string") {
    const bytes = Buffer.from(value);
    return Buffer.concat([header(0xdb, bytes.length), bytes]);
  }
  return Buffer.concat([header(0xdd, value.length), ...value.map((one) => pack(one))]);
}

/** A type's byte, and 32 bits behind it. */
function header(type: number, count: number): Buffer {
  const bytes = Buffer.alloc(5, type);
  bytes.writeUInt32BE(count, 1);
  return bytes;
}

/** The bytes end in the middle of a value: more are to come. */
class Incomplete extends Error {
  override name = "Incomplete";
}

/** Reads one value from the beginning of `bytes`; undefined where it is not all there yet. */
export function unpack(bytes: Buffer): { value: Unpacked; length: number } | undefined {
  const reader = new Reader(bytes);
  try {
    return { value: reader.value(), length: reader.at };
  } catch (error) {
    if (error instanceof Incomplete) return undefined;
    throw error;
  }
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(): Unpacked {
    const type = this.#uint(1);
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f);
    if (type < 0xa0) return this.#array(type & 0x0f);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return type === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#uint(2 ** (type - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#uint(2 ** (type - 0xc7)));
      case 0xca:
        return this.#take(4).readFloatBE();
      case 0xcb:
        return this.#take(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(2 ** (type - 0xcc));
      case 0xcf:
        return Number(this.#take(8).readBigUInt64BE());
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#int(2 ** (type - 0xd0));
      case 0xd3:
        return Number(this.#take(8).readBigInt64BE());
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(2 ** (type - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(2 ** (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(type === 0xdc ? 2 : 4));
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(type === 0xde ? 2 : 4));
      default:
        throw new Error(`0x${type.toString(16)} begins no value`);
    }
  }

  #take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new Incomplete();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  #uint(length: number): number {
    return this.#take(length).readUIntBE(0, length);
  }

  #int(length: number): number {
    return this.#take(length).readIntBE(0, length);
  }

  #text(length: number): string {
    return this.#take(length).toString("utf8");
  }

  /** nvim's handles of buffers and windows: a type, and a packed number. */
  #extension(length: number): Uint8Array {
    this.#take(1);
    return this.#take(length);
  }

  #array(length: number): Unpacked[] {
    return Array.from({ length }, () => this.value());
  }

  #map(length: number): Map<Unpacked, Unpacked> {
    return new Map(Array.from({ length }, () => [this.value(), this.value()] as const));
  }
}
