import type { IncomingMessage } from "node:http";
import { Parameters, parametersOfJson, type UploadedFile } from "./parameters.ts";
import { badRequest, Refusal } from "./refusal.ts";

/** The Bot API takes uploads of up to 50 MB; what a form adds around them is little. */
const MAX_BODY_BYTES = 51 * 1024 * 1024;

/** Reads a whole body, or nothing where it is larger than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit = MAX_BODY_BYTES): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("a request without an encoding yields buffers");
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The parameters of a call: from the query string, and from a body of one of the three kinds that the Bot API takes. */
export async function readParameters(request: IncomingMessage, query: URLSearchParams): Promise<Parameters | Refusal> {
  const body = await readBody(request);
  if (body === undefined) return new Refusal(413, "Request Entity Too Large");
  const fromQuery = Object.fromEntries(query);
  const type = request.headers["content-type"] ?? "";
  if (body.length === 0) return new Parameters(fromQuery);
  if (type.includes("application/json")) {
    const parameters = parametersOfJson(body.toString());
    if (parameters === undefined) return badRequest("Can't parse JSON object");
    return new Parameters({ ...fromQuery, ...parameters.raw });
  }
  if (type.includes("multipart/form-data") || type.includes("application/x-www-form-urlencoded")) {
    const form = await readForm(body, type);
    if (form === undefined) return badRequest("Can't parse the form");
    return new Parameters({ ...fromQuery, ...form.fields }, form.files);
  }
  return new Parameters(fromQuery);
}

/** Undefined where the parts are not what the head promises: no boundary, no end, a part without a name. */
async function readForm(
  body: Buffer,
  type: string,
): Promise<{ fields: Record<string, string>; files: UploadedFile[] } | undefined> {
  const whole = new Response(new Uint8Array(body), { headers: { "content-type": type } });
  const form = await whole.formData().catch(() => undefined);
  if (form === undefined) return undefined;
  const fields: Record<string, string> = {};
  const files: UploadedFile[] = [];
  for (const [field, value] of form) {
    if (typeof value === "string") fields[field] = value;
    else {
      const bytes = new Uint8Array(await value.arrayBuffer());
      files.push({ field, name: value.name, type: value.type, bytes });
    }
  }
  return { fields, files };
}
