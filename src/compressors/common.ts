/** What several compressors share. */
import type { Bytes } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";

/** @throws WireError unless the payload has exactly `bytes` bytes */
export function requireLength(subject: string, payload: Bytes, bytes: number): void {
  if (payload.length === bytes) return;
  throw new WireError(
    payload.length < bytes ? "truncated" : "trailing",
    `${subject}: payload must have ${bytes} bytes, got ${payload.length}`,
  );
}

/** k from options `k` or `ratio` (k = max(1, round(ratio d))); exactly one is given. @throws RangeError */
export function resolveK(subject: string, options: { k?: number; ratio?: number }, dim: number): number {
  const { k, ratio } = options;
  if ((k === undefined) === (ratio === undefined)) {
    throw new RangeError(`${subject}: give one of k and ratio, got ${k === undefined ? "neither" : "both"}`);
  }
  if (ratio !== undefined) {
    if (!(ratio > 0 && ratio <= 1)) throw new RangeError(`${subject}: ratio must be in (0, 1], got ${ratio}`);
    return Math.min(dim, Math.max(1, Math.round(ratio * dim)));
  }
  if (!Number.isInteger(k) || k! < (dim === 0 ? 0 : 1) || k! > dim) {
    throw new RangeError(`${subject}: k must be an integer in 1..${dim} (d), got ${k}`);
  }
  return k!;
}
