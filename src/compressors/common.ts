/** What several compressors share: payload fields, their checks, norms, constants of the usual classes. */
import { type Arena, elementBytes } from "../../bindings/arena.ts";
import { nonFinite, type Ops } from "../../bindings/ops.ts";
import type { Bytes, Constants, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";

// ------------------------------------------------------------------------------------------------- options

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

/** @throws RangeError unless value is an integer in 1..most */
export function requireInteger(subject: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RangeError(`${subject} must be an integer in 1..${most}, got ${value}`);
  }
}

// ------------------------------------------------------------------------------------------------- constants

/** U(omega): Beznosikov et al., arXiv 2002.12410, section 2; class C(eta, omega) of EF-BV with eta = 0. */
export function unbiased(omega: number): { omega: number; constants: Constants } {
  return { omega, constants: { omega, B1: [1, 1 + omega], B2: [1, 1 + omega], eta: 0, variance: omega } };
}

/** B(delta) of a deterministic orthogonal projection: |C(x)|^2 = <C(x), x> >= delta |x|^2. */
export function projection(delta: number): { delta: number; constants: Constants } {
  const eta = Math.sqrt(1 - delta);
  return { delta, constants: { delta, B1: [delta, 1], B2: [delta, 1], B3: 1 / delta, eta, variance: 0 } };
}

/** B(q) of "each entry is kept with probability q, as it is": E C(x) = q x, E|C(x) - q x|^2 = q(1 - q)|x|^2. */
export function unscaledSampling(q: number): { delta: number; constants: Constants } {
  return { delta: q, constants: { delta: q, B1: [q, 1], B2: [q, 1], B3: 1 / q, eta: 1 - q, variance: q * (1 - q) } };
}

/** B(delta) of a deterministic compressor with low x_i <= C(x)_i <= high x_i for x_i >= 0, mirrored for x_i < 0. */
export function entrywise(low: number, high: number, delta: number): { delta: number; constants: Constants } {
  const constants = { delta, B3: 1 / delta, eta: Math.sqrt(1 - delta), variance: 0 };
  return { delta, constants: { ...constants, B1: [low * low, high], B2: [low, high] } };
}

/**
 * B(q), q = kept/(1 + omega), of Q(T(x))/(1 + omega): T keeps a share of at least `kept` of |x|^2 as it is (top), or of
 * exactly that on average (random entries), and Q in U(omega) carries it. <E C, x> = E|T(x)|^2/(1 + omega) >= E|C|^2.
 */
export function keptUnbiased(kept: number, omega: number, top: boolean): { delta: number; constants: Constants } {
  const delta = kept / (1 + omega);
  const eta = top ? Math.sqrt(1 - kept * (1 - (omega / (1 + omega)) ** 2)) : 1 - delta;
  const variance = top ? omega / (1 + omega) ** 2 : delta - delta * delta;
  return { delta, constants: { delta, B1: [delta / (1 + omega), 1], B2: [delta, 1], B3: 1 / delta, eta, variance } };
}

// ------------------------------------------------------------------------------------------------- payload fields

/** @throws WireError unless the payload has exactly `bytes` bytes */
export function requireLength(subject: string, payload: Bytes, bytes: number): void {
  requireEnd(subject, payload.length, bytes);
}

/** @throws WireError unless a payload of `length` bytes ends where its content does */
export function requireEnd(subject: string, length: number, needed: number): void {
  if (length === needed) return;
  throw new WireError(
    length < needed ? "truncated" : "trailing",
    `${subject}: payload must have ${needed} bytes, got ${length}`,
  );
}

/** @throws WireError if the payload is shorter than its first `bytes` bytes */
export function requireHead(subject: string, payload: Bytes, bytes: number): void {
  if (payload.length >= bytes) return;
  throw new WireError("truncated", `${subject}: payload must have at least ${bytes} bytes, got ${payload.length}`);
}

/** @throws WireError unless the bits after the first `bits` of the packed bytes at `ptr` are zero in their byte */
export function requirePadding(subject: string, arena: Arena, ptr: number, bits: number): void {
  const used = bits & 7;
  if (used !== 0 && arena.data.getUint8(ptr + Math.floor(bits / 8)) >>> used !== 0) {
    throw new WireError("trailing", `${subject}: unused bits must be zero`);
  }
}

/** @throws WireError unless all bytes are zero: under a scale of zero nothing else is written */
export function requireZeros(subject: string, arena: Arena, ptr: number, bytes: number): void {
  const u8 = arena.u8;
  for (let at = ptr; at < ptr + bytes; ++at) {
    if (u8[at] !== 0) throw new WireError("value", `${subject}: the scale is 0, so every entry must be 0`);
  }
}

/** One number of the element type. */
export function writeElement(ops: Ops, ptr: number, value: number): void {
  if (ops.dtype === "f32") ops.arena.data.setFloat32(ptr, value, true);
  else ops.arena.data.setFloat64(ptr, value, true);
}

export function readElement(ops: Ops, ptr: number): number {
  return ops.dtype === "f32" ? ops.arena.data.getFloat32(ptr, true) : ops.arena.data.getFloat64(ptr, true);
}

/** A norm or scale. @throws WireError unless it is finite and at least +0 */
export function readScale(subject: string, ops: Ops, ptr: number): number {
  const value = readElement(ops, ptr);
  if (value > 0 ? value < Infinity : Object.is(value, 0)) return value;
  throw new WireError("value", `${subject}: the scale must be finite and at least 0, got ${value}`);
}

/** Elements that go through scratch at a time: small enough to stay in the first-level cache. */
export const BLOCK = 1024;

/** Checks packed elements at any alignment. */
export class FiniteCheck {
  readonly #ops: Ops;
  readonly #block: number;
  readonly #bytes: number;

  constructor(ops: Ops) {
    this.#ops = ops;
    this.#bytes = elementBytes(ops.dtype);
    this.#block = ops.scratch.take(BLOCK * this.#bytes).ptr;
  }

  /** @throws WireError if one of the n elements at `ptr` is NaN or infinite */
  require(subject: string, n: number, ptr: number): void {
    const { kernels, typed } = this.#ops;
    let bad = -1;
    if (ptr % this.#bytes === 0) bad = typed.firstNonFinite(n, ptr);
    else {
      for (let from = 0; from < n && bad < 0; from += BLOCK) {
        const count = Math.min(BLOCK, n - from);
        kernels.move(count * this.#bytes, ptr + from * this.#bytes, this.#block);
        bad = typed.firstNonFinite(count, this.#block);
        if (bad >= 0) bad += from;
      }
    }
    if (bad >= 0) throw new WireError("value", `${subject}: value ${bad} of the payload is not finite`);
  }
}

// ------------------------------------------------------------------------------------------------- norms

export type NormKind = "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "max";

/** The option of compressors that take every p-norm. */
export const NORMS = "choice:1|2|3|4|5|6|7|8|max";

function normOf(ops: Ops, kind: NormKind, x: Vec): number {
  if (kind === "max") return ops.normMax(x);
  if (kind === "2") return ops.norm2(x);
  return kind === "1" ? ops.norm1(x) : powerNorm(x.view, Number(kind), ops.normMax(x));
}

/** The norm times `factor` as it is sent: rounded to the element type. @throws RangeError for entries or norms that are not finite */
export function sentNorm(subject: string, ops: Ops, kind: NormKind, x: Vec, factor = 1): number {
  const exact = normOf(ops, kind, x) * factor;
  const norm = ops.dtype === "f32" ? Math.fround(exact) : exact;
  if (norm < Infinity) return norm;
  ops.requireFinite(subject, x);
  throw new RangeError(`${subject}: the norm must be at most the largest ${ops.dtype}, got ${exact}`);
}

/**
 * p-norm, p a whole number: most (sum (|x_i|/most)^p)^(1/p), in index order in f64. Powers by repeated multiplication, the
 * root by Newton's iteration from above: no function whose last bit depends on the engine.
 */
export function powerNorm(view: ArrayLike<number>, p: number, most: number): number {
  if (most === 0 || !(most < Infinity)) return most;
  let sum = 0;
  for (let i = 0; i < view.length; ++i) {
    const y = Math.abs(view[i]!) / most;
    let power = y;
    for (let j = 1; j < p; ++j) power *= y;
    sum += power;
  }
  return most * root(sum, p);
}

/** sum^(1/p), sum >= 1. Decreases from 1 + (sum - 1)/p, which is above the root, until it no longer does. */
function root(sum: number, p: number): number {
  let r = 1 + (sum - 1) / p;
  for (;;) {
    let power = r;
    for (let j = 2; j < p; ++j) power *= r;
    const next = r - (r - sum / power) / p;
    if (!(next < r)) return r;
    r = next;
  }
}

/** 1-norm over d where the plain sum overflows though the mean cannot. In index order, in f64. */
export function scaledMean(view: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < view.length; ++i) total += Math.abs(view[i]!) * 2 ** -64;
  return (total / view.length) * 2 ** 64;
}

/** @throws RangeError: entry `index` of x is not finite */
export function refuse(subject: string, index: number, x: Vec): never {
  throw nonFinite(subject, index, x.view);
}
