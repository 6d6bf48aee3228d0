/** What the sparsifiers share: loops over the memory, payloads of indices and values, draws in proportion to |x_i|. Not a compressor. */
import { elementBytes, type FloatView, type Vec } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Bytes, Constants } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";
import { FiniteCheck, requireEnd } from "./common.ts";

// ------------------------------------------------------------------------------------------------- constants

/** B(delta) of "some entries are kept as they are": |C(x)|^2 = <C(x), x> for every outcome. Bias and variance have no bounds of their own that add up to 1 - delta. */
export function masking(delta: number): { delta: number; constants: Constants } {
  return { delta, constants: { delta, B1: [delta, 1], B2: [delta, 1], B3: 1 / delta } };
}

/** B(delta) of a deterministic compressor of which nothing more is known: Beznosikov et al., arXiv 2002.12410, theorem 2. */
export function contraction(delta: number): { delta: number; constants: Constants } {
  const eta = Math.sqrt(1 - delta);
  return {
    delta,
    constants: { delta, B1: [(delta * delta) / 4, 2], B2: [delta / 2, 2], B3: 1 / delta, eta, variance: 0 },
  };
}

// ------------------------------------------------------------------------------------------------- numbers

/** max |x_i|. @throws RangeError naming the first entry that is not finite */
export function finiteMax(subject: string, ops: Ops, x: Vec): number {
  const max = ops.normMax(x);
  if (!(max < Infinity)) ops.requireFinite(subject, x);
  return max;
}

/** A power of two f such that squares of f x_i neither overflow nor all vanish in f64, if |x_i| <= max; 1 for all of f32. */
export function squareScale(max: number): number {
  return max > 2 ** 400 ? 2 ** -600 : max < 2 ** -400 ? 2 ** 600 : 1;
}

/** The same for sums of |f x_i|; f x_i is not subnormal, so that u times their sum is below it for u < 1. */
export function sumScale(max: number): number {
  return max > 2 ** 900 ? 2 ** -64 : max < 2 ** -900 ? 2 ** 64 : 1;
}

/** sum of (f x_i)^2, in index order in f64: exact squares for f32. */
export function sumSquares(view: FloatView, f: number): number {
  let total = 0;
  for (let i = 0; i < view.length; ++i) {
    const v = view[i]! * f;
    total += v * v;
  }
  return total;
}

/** value in the element type. @throws RangeError if it is beyond the type */
export function representable(subject: string, ops: Ops, value: number): number {
  const sent = ops.dtype === "f32" ? Math.fround(value) : value;
  if (sent < Infinity) return sent;
  throw new RangeError(`${subject}: the norm must be at most the largest ${ops.dtype}, got ${value}`);
}

/** ceil(lg n), 0 for n < 2. */
export const indexBits = (n: number): number => (n < 2 ? 0 : 32 - Math.clz32(n - 1));

// ------------------------------------------------------------------------------------------------- memory

/** The whole memory as numbers, at position ptr / size. Renewed when the memory has grown, so that calls allocate nothing. */
export class Views {
  readonly #ops: Ops;
  #buffer: ArrayBuffer | undefined;
  #u16 = new Uint16Array(0);
  #u32 = new Uint32Array(0);
  #floats: FloatView = new Float64Array(0);

  constructor(ops: Ops) {
    this.#ops = ops;
  }

  #renew(): void {
    const buffer = this.#ops.arena.buffer;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#u16 = new Uint16Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#floats = this.#ops.dtype === "f32" ? new Float32Array(buffer) : new Float64Array(buffer);
  }

  get u16(): Uint16Array {
    this.#renew();
    return this.#u16;
  }

  get u32(): Uint32Array {
    this.#renew();
    return this.#u32;
  }

  /** Elements. */
  get floats(): FloatView {
    this.#renew();
    return this.#floats;
  }
}

// ------------------------------------------------------------------------------------------------- payloads

/** Index sets of a count that varies: varint count | index set. */
export class CountedIndices {
  /** u32, room for one more than `most`. */
  readonly indices: number;
  /** Bytes at most. */
  readonly maxBytes: number;
  count = 0;
  readonly #subject: string;
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #most: number;
  readonly #cursor = new Cursor();

  constructor(subject: string, ops: Ops, dim: number, most: number) {
    this.#subject = subject;
    this.#ops = ops;
    this.#dim = dim;
    this.#most = most;
    this.indices = ops.scratch.take(4 * most + 4).ptr;
    // the encoder takes neither more than a list nor more than a bitmap
    this.maxBytes = varintBytes(most) + 1 + Math.ceil(Math.min(most * indexBits(dim), dim) / 8);
  }

  /** Returns where the writing ended. */
  write(count: number, to: number): number {
    const from = writeVarint(this.#ops.arena.u8, to, count);
    return from + this.#ops.kernels.indicesEncode(this.#dim, count, this.indices, from);
  }

  /** Fills `count` and the indices; returns where the reading ended. @throws WireError */
  read(from: number, end: number): number {
    const subject = this.#subject;
    const count = this.#cursor.over(this.#ops.arena.u8, from, end).varint(subject);
    if (count > this.#most) throw new WireError("index", `${subject}: at most ${this.#most} entries, got ${count}`);
    const set = from + varintBytes(count);
    const used = this.#ops.kernels.indicesDecode(this.#dim, count, set, end - set, this.indices);
    if (used < 0) {
      throw new WireError("index", `${subject}: payload holds no ${count} ascending indices below ${this.#dim}`);
    }
    this.count = count;
    return set + used;
  }
}

/** Payloads of entries kept as they are: varint count | index set | the elements in the order of the indices. */
export class SparseValues {
  readonly maxBytes: number;
  readonly set: CountedIndices;
  readonly #subject: string;
  readonly #ops: Ops;
  readonly #finite: FiniteCheck;
  readonly #size: number;

  constructor(subject: string, ops: Ops, dim: number, most: number) {
    this.#subject = subject;
    this.#ops = ops;
    this.#size = elementBytes(ops.dtype);
    this.set = new CountedIndices(subject, ops, dim, most);
    this.maxBytes = this.set.maxBytes + most * this.#size;
    this.#finite = new FiniteCheck(ops);
  }

  /** Writes the entries at the first `count` of the set's indices; returns the payload's length. */
  write(count: number, x: Vec, out: Bytes): number {
    const values = this.set.write(count, out.ptr);
    this.#ops.typed.gather(count, 1, x.ptr, this.set.indices, values);
    return values + count * this.#size - out.ptr;
  }

  /** Returns where the values begin. @throws WireError */
  read(payload: Bytes): number {
    const values = this.set.read(payload.ptr, payload.ptr + payload.length);
    requireEnd(this.#subject, payload.length, values + this.set.count * this.#size - payload.ptr);
    this.#finite.require(this.#subject, this.set.count, values);
    return values;
  }

  addTo(payload: Bytes, scale: number, acc: Vec): void {
    const values = this.read(payload);
    this.#ops.typed.scatterAdd(this.set.count, scale, values, this.set.indices, acc.ptr);
  }
}

// ------------------------------------------------------------------------------------------------- draws

const RUN = 256;

/** Running sums of |f x_i| in index order in f64, kept every RUN entries: indices are then drawn in O(lg d + RUN). */
export class Cumulative {
  total = 0;
  readonly #sums: Vec;
  #f = 1;

  constructor(ops: Ops, dim: number) {
    this.#sums = ops.scratch.vec(Math.ceil(dim / RUN), "f64");
  }

  sum(view: FloatView, f: number): number {
    const sums = this.#sums.view;
    let total = 0;
    for (let run = 0, i = 0; i < view.length; ++run) {
      for (const end = Math.min(view.length, i + RUN); i < end; ++i) total += Math.abs(view[i]!) * f;
      sums[run] = total;
    }
    this.#f = f;
    this.total = total;
    return total;
  }

  /** The first index whose running sum is above target, 0 <= target < total: never one of a zero. */
  find(view: FloatView, target: number): number {
    const sums = this.#sums.view;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! > target) high = middle;
      else low = middle + 1;
    }
    let total = low === 0 ? 0 : sums[low - 1]!;
    let i = low * RUN;
    for (const last = view.length - 1; i < last; ++i) {
      total += Math.abs(view[i]!) * this.#f;
      if (total > target) break;
    }
    return i;
  }
}
