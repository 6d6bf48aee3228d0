/** Checks of what callers pass in: subject, rule, value. */
import type { Dtype } from "../../bindings/kernels.ts";

export type FloatArray = Float32Array | Float64Array;

/** The kind of a value for an error message. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return (value as { constructor?: { name?: string } }).constructor?.name ?? "object";
}

const tag = (value: unknown): string | undefined =>
  ArrayBuffer.isView(value) ? (value as unknown as Record<symbol, string>)[Symbol.toStringTag] : undefined;

/** @throws TypeError for another type (also across realms), RangeError for another length */
export function requireVector(subject: string, value: unknown, dtype: Dtype, dim: number): void {
  const wanted = dtype === "f32" ? "Float32Array" : "Float64Array";
  if (tag(value) !== wanted) throw new TypeError(`${subject} must be a ${wanted} (${dtype}), got ${kindOf(value)}`);
  const { length } = value as FloatArray;
  if (length !== dim) throw new RangeError(`${subject} must have ${dim} entries (d), got ${length}`);
}

/** @throws TypeError */
export function requireBytes(subject: string, value: unknown): void {
  if (tag(value) !== "Uint8Array") throw new TypeError(`${subject} must be a Uint8Array, got ${kindOf(value)}`);
}

/** A number that stays finite in the element type. @throws TypeError, RangeError */
export function requireScale(subject: string, value: unknown, dtype: Dtype): void {
  if (typeof value !== "number") throw new TypeError(`${subject} must be a number, got ${kindOf(value)}`);
  if (!Number.isFinite(dtype === "f32" ? Math.fround(value) : value)) {
    throw new RangeError(`${subject} must be finite in ${dtype}, got ${value}`);
  }
}

/** @throws RangeError unless value is an integer in low..high */
export function requireInteger(subject: string, value: unknown, low: number, high: number): void {
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) {
    throw new RangeError(`${subject} must be an integer in ${low}..${high}, got ${String(value)}`);
  }
}

/** A smoothness matrix as a copy. Its entries are checked where it is used. @throws TypeError, RangeError */
export function requireMatrix(value: unknown, dim: number): Float64Array {
  if (!Array.isArray(value) && tag(value) === undefined) {
    throw new TypeError(`codec: matrix must be an array of numbers, got ${kindOf(value)}`);
  }
  const { length } = value as ArrayLike<number>;
  if (length === dim || length === dim * dim) return Float64Array.from(value as ArrayLike<number>);
  throw new RangeError(`codec: matrix must have d = ${dim} or d^2 = ${dim * dim} entries, got ${length}`);
}

/** A seed as 64 bits. @throws RangeError */
export function readSeed(value: unknown): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === "bigint" && value >= 0n && value >> 64n === 0n) return value;
  throw new RangeError(
    `codec: seed must be a bigint in 0..2^64-1 or a non-negative safe integer, got ${String(value)}`,
  );
}
