import { expect, test } from "vitest";
import { WriteQueue } from "../../agent/terminal/write-queue.ts";
import { until } from "./agent-home.ts";

/** Takes at most `most` bytes a try, and none after `fullAfter` of them. */
class Narrow {
  taken = "";
  tries = 0;
  fullAfter = Infinity;
  gone = false;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  readonly attempt = async (bytes: Uint8Array): Promise<number | "gone"> => {
    this.tries += 1;
    if (this.gone) return "gone";
    if (this.taken.length >= this.fullAfter) return 0;
    const part = bytes.subarray(0, this.#most);
    this.taken += Buffer.from(part).toString();
    return part.length;
  };
}

test("each write goes out whole and in order, however little is taken at once", async () => {
  const end = new Narrow(3);
  const queue = new WriteQueue(end.attempt);
  const writes = ["first ", "second ", "third"].map((text) => queue.write(Buffer.from(text)));
  expect(await Promise.all(writes)).toEqual(["written", "written", "written"]);
  expect(end.taken).toBe("first second third");
  expect(queue.bytes).toBe(0);
});

test("it goes on where the other end was full", async () => {
  const end = new Narrow(3);
  const queue = new WriteQueue(end.attempt);
  end.fullAfter = 0;
  const written = queue.write(Buffer.from("patience"));
  await until("it was tried again", () => end.tries > 2);
  end.fullAfter = Infinity;
  expect(await written).toBe("written");
  expect(end.taken).toBe("patience");
});

test("a write between two others, just after the first was taken, is not forgotten", async () => {
  const end = new Narrow(100);
  const queue = new WriteQueue(end.attempt);
  await queue.write(Buffer.from("a"));
  await queue.write(Buffer.from("b"));
  await queue.idle();
  await queue.write(Buffer.from("c"));
  expect(end.taken).toBe("abc");
});

test("a write that gets nowhere is given up: it is closed where a part went out, and the queue goes on", async () => {
  const end = new Narrow(3);
  end.fullAfter = 3;
  const queue = new WriteQueue(end.attempt);
  const written = queue.write(Buffer.from("abcdef"), { stallMs: 30, closing: Buffer.from("!") });
  const behind = queue.write(Buffer.from("never"), { stallMs: 30, closing: Buffer.from("!") });
  expect(await Promise.all([written, behind])).toEqual(["stalled", "stalled"]);
  expect(queue.bytes).toBe(1);
  end.fullAfter = Infinity;
  await queue.write(Buffer.from("next"));
  expect(end.taken).toBe("abc!next");
});

test("a write behind one that may wait for ever is given up in its own time", async () => {
  const end = new Narrow(3);
  end.fullAfter = 0;
  const queue = new WriteQueue(end.attempt);
  const patient = queue.write(Buffer.from("keys"));
  expect(await queue.write(Buffer.from("text"), { stallMs: 30, closing: Buffer.from("!") })).toBe("stalled");
  end.fullAfter = Infinity;
  expect(await patient).toBe("written");
  expect(end.taken).toBe("keys");
});

test("once the other end is gone, what waits and what comes settles so", async () => {
  const end = new Narrow(3);
  const queue = new WriteQueue(end.attempt);
  end.gone = true;
  const both = [queue.write(Buffer.from("a")), queue.write(Buffer.from("b"))];
  expect(await Promise.all(both)).toEqual(["gone", "gone"]);
  expect(await queue.write(Buffer.from("c"))).toBe("gone");
  expect(end.taken).toBe("");
});

test("close settles what waits", async () => {
  const end = new Narrow(3);
  end.fullAfter = 0;
  const queue = new WriteQueue(end.attempt);
  const written = queue.write(Buffer.from("a"));
  queue.close();
  expect(await written).toBe("gone");
  await queue.idle();
});
