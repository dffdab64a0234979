import * as v from "valibot";
import { complaintOf } from "../complaint.ts";

export type Body = { status: "body"; text: string } | { status: "too-large" } | { status: "not-utf8" };

/** `too-large` and `invalid` carry a sentence for the caller that repeats nothing of what was sent. */
export type Json<Value> = { status: "ok"; value: Value } | { status: "too-large" | "invalid"; reason: string };

/**
 * Reads a request's body as UTF-8. A body over `limitBytes` is refused by its content-length before a byte is read,
 * and else as soon as it grows over the limit, so that never more than the limit is held.
 */
export async function readBody(request: Request, limitBytes: number): Promise<Body> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limitBytes) {
    await request.body?.cancel();
    return { status: "too-large" };
  }
  if (request.body === null) return { status: "body", text: "" };
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const reader: ReadableStreamDefaultReader<unknown> = request.body.getReader();
  let text = "";
  let size = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const { value } = chunk;
    if (!(value instanceof Uint8Array)) throw new Error("a body is made of bytes");
    size += value.byteLength;
    const share = size > limitBytes ? undefined : decoded(() => decoder.decode(value, { stream: true }));
    if (share === undefined) {
      await reader.cancel();
      return { status: size > limitBytes ? "too-large" : "not-utf8" };
    }
    text += share;
    // HTTP ends a body where its content-length says: to ask for the end as well would cost another turn of the runtime.
    if (size === declared) break;
  }
  const rest = decoded(() => decoder.decode());
  return rest === undefined ? { status: "not-utf8" } : { status: "body", text: text + rest };
}

/** What a decoder makes of its bytes; undefined where they are not UTF-8. */
function decoded(decode: () => string): string | undefined {
  try {
    return decode();
  } catch {
    // A decoder throws for nothing else.
    return undefined;
  }
}

/** Reads a request's body as JSON of the shape of `schema`. */
export async function readJson<Schema extends v.GenericSchema>(
  request: Request,
  limitBytes: number,
  schema: Schema,
): Promise<Json<v.InferOutput<Schema>>> {
  const body = await readBody(request, limitBytes);
  if (body.status === "too-large") return { status: "too-large", reason: `a body has at most ${limitBytes} bytes` };
  if (body.status === "not-utf8") return { status: "invalid", reason: "the body is not UTF-8" };
  let json: unknown;
  try {
    json = JSON.parse(body.text);
  } catch {
    // The parser's message would quote the body.
    return { status: "invalid", reason: "the body is not JSON" };
  }
  const result = v.safeParse(schema, json);
  if (result.success) return { status: "ok", value: result.output };
  return { status: "invalid", reason: complaintOf(result.issues) };
}
