/** Input data or its description is not what was expected: `a9a:17: expected index:value, got "5:"`. */
export class DataError extends Error {
  override readonly name = "DataError";
  /** What was being read: a file, with a line number where there are lines. */
  readonly subject: string;
  /** What had to hold. */
  readonly rule: string;
  /** What was found instead, as shown in the message. */
  readonly value: string;

  constructor(subject: string, rule: string, value: string | number) {
    super(`${subject}: ${rule}, got ${value}`);
    this.subject = subject;
    this.rule = rule;
    this.value = String(value);
  }
}

const SHOWN = 40;

/** Text in quotes, control characters escaped and long input cut, fit for one line of a message. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);

const showPlain = (value: unknown): string => {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
};

/** Any JSON value for a message; short arrays are written out one level deep (input may be nested without limit). */
export function show(value: unknown): string {
  if (!Array.isArray(value)) return showPlain(value);
  return value.length > 8 ? `an array of ${value.length}` : `[${value.map(showPlain).join(", ")}]`;
}

/** Number of elements of a shape; Infinity rather than a rounded figure when it leaves the exact integers. */
export function elements(shape: readonly number[]): number {
  if (shape.includes(0)) return 0;
  const n = shape.reduce((a, b) => a * b, 1);
  return Number.isSafeInteger(n) ? n : Number.POSITIVE_INFINITY;
}

/** Bytes [from, to) in a buffer of their own, hence aligned for every type. (A Node Buffer's `slice` would be a view.) */
export function copyBytes(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const out = new Uint8Array(to - from);
  out.set(bytes.subarray(from, to));
  return out;
}
