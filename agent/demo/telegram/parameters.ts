import { isObject } from "./fields.ts";

/** A file that came with a multipart body. */
export interface UploadedFile {
  field: string;
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The parameters of one call, whatever kind of body they came in. Unknown ones are never looked at. */
export class Parameters {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly files: readonly UploadedFile[];

  constructor(raw: Readonly<Record<string, unknown>>, files: readonly UploadedFile[] = []) {
    this.raw = raw;
    this.files = files;
  }

  /** Empty where it is absent: the Bot API knows no difference. Other types arrive as their JSON. */
  string(name: string): string {
    const value = this.raw[name];
    if (value === undefined || value === null) return "";
    return typeof value === "string" ? value : JSON.stringify(value);
  }

  /** Undefined where it is absent or no integer. */
  integer(name: string): number | undefined {
    const text = this.string(name);
    return /^-?\d{1,16}$/.test(text) ? Number(text) : undefined;
  }

  boolean(name: string): boolean {
    return ["true", "1", "yes"].includes(this.string(name).toLowerCase());
  }

  /** A parameter that is itself JSON: an object of a JSON body, or the text of one in a form. */
  json(name: string): { status: "absent" } | { status: "value"; value: unknown } | { status: "malformed" } {
    const value = this.raw[name];
    if (value === undefined || value === null || value === "") return { status: "absent" };
    if (typeof value !== "string") return { status: "value", value };
    try {
      const parsed: unknown = JSON.parse(value);
      return { status: "value", value: parsed };
    } catch {
      return { status: "malformed" };
    }
  }

  /** What to show in the log of calls: files by name and size. */
  payload(): Record<string, unknown> {
    const payload: Record<string, unknown> = { ...this.raw };
    for (const { field, name, bytes } of this.files) payload[field] = `file ${name}, ${bytes.length} bytes`;
    return payload;
  }
}

/** Reads JSON text into parameters; undefined where it is no JSON object. */
export function parametersOfJson(text: string): Parameters | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? new Parameters(value) : undefined;
  } catch {
    return undefined;
  }
}
