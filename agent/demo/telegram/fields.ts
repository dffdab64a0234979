/**
 * Reading the fields of a JSON object as the Bot API server does: with its leniency (numbers may be strings) and its
 * words where a field is missing or of another type.
 */
import { badRequest, type BadRequest } from "./refusal.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined where the field is absent. Numbers are taken as their digits. */
export function optionalString(object: JsonObject, name: string): string | undefined | BadRequest {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  return badRequest(`Field "${name}" must be of type String`);
}

export function requiredString(object: JsonObject, name: string): string | BadRequest {
  return optionalString(object, name) ?? missing(name);
}

export function optionalInteger(object: JsonObject, name: string): number | undefined | BadRequest {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number)
    ? number
    : badRequest(`Field "${name}" must be a valid Number`);
}

export function requiredInteger(object: JsonObject, name: string): number | BadRequest {
  return optionalInteger(object, name) ?? missing(name);
}

export function optionalBoolean(object: JsonObject, name: string): boolean | BadRequest {
  const value = object[name];
  if (value === undefined || value === null) return false;
  return typeof value === "boolean" ? value : badRequest(`Field "${name}" must be of type Boolean`);
}

function missing(name: string): BadRequest {
  return badRequest(`Can't find field "${name}"`);
}
