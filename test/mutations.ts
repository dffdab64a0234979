import * as fc from "fast-check";

/** Hundreds of runs of one test, on a slow machine. The runs are counted, so that a seed finds the same again. */
export const FUZZ_WITHIN_MS = 60_000;

/** One change to a JSON value. `at` picks the place, counted around; where there is none, the whole is replaced. */
interface Mutation {
  readonly at: number;
  readonly how: "replace" | "remove" | "wrap" | "add";
  readonly name: string;
  readonly value: unknown;
}

/** Values that programs stumble over: borders of numbers, empty things, names of the language, halves of characters. */
const STUMBLING: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e308,
  "",
  " ",
  "\u0000",
  "\u001b[201~\r",
  "\ud800",
  "\u202e",
  "../../etc/passwd",
  "'; DROP TABLE command; --",
  "__proto__",
  "constructor",
  "x".repeat(70_000),
  [],
  {},
  [[[[]]]],
];

const NAMES = ["__proto__", "constructor", "toString", "type", "id", "from", "sender_chat", "text", ""];

/**
 * One of these values as JSON, with up to three changes: a member replaced, removed, wrapped in a list, or a new one.
 * @param telling values that mean something here, put in as often as all others together: ids of others, for example.
 */
export function mutated(values: readonly unknown[], telling: readonly unknown[] = []): fc.Arbitrary<string> {
  const any = fc.oneof(fc.constantFrom(...STUMBLING), fc.jsonValue(), fc.string({ unit: "binary" }));
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    at: fc.nat({ max: 500 }),
    how: fc.constantFrom("replace", "replace", "replace", "remove", "wrap", "add"),
    name: fc.constantFrom(...NAMES),
    value: telling.length === 0 ? any : fc.oneof(any, fc.constantFrom(...telling)),
  });
  return fc
    .tuple(fc.constantFrom(...values), fc.array(mutation, { maxLength: 3 }))
    .map(([value, mutations]) => JSON.stringify(mutations.reduce(changed, structuredClone(value))));
}

/** A value as JSON with one piece of its text changed: no longer JSON, most often. */
export function garbled(values: readonly unknown[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...values), fc.nat(), fc.nat({ max: 20 }), fc.string({ unit: "binary", maxLength: 5 }))
    .map(([value, at, length, instead]) => {
      const text = JSON.stringify(value);
      const from = at % (text.length + 1);
      return text.slice(0, from) + instead + text.slice(from + length);
    });
}

function changed(root: unknown, { at, how, name, value: given }: Mutation): unknown {
  // What is put in may be changed in its turn.
  const value: unknown = structuredClone(given);
  const places = placesIn(root);
  const place = places[at % Math.max(places.length, 1)];
  if (place === undefined) return value;
  const { holder, key } = place;
  switch (how) {
    case "replace":
      put(holder, key, value);
      break;
    case "wrap":
      put(holder, key, [Reflect.get(holder, key)]);
      break;
    case "remove":
      Reflect.deleteProperty(holder, key);
      break;
    case "add":
      put(holder, name, value);
  }
  return root;
}

/** As a member of its own, whatever it is called: JSON knows no prototypes. */
function put(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

function placesIn(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [{ holder: value, key }, ...placesIn(member)]);
}
