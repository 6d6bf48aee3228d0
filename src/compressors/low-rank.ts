/**
 * What the low-rank family shares: the matrix behind a vector, its singular triples, payloads of rank-one terms. Not a
 * compressor. All arithmetic is plain f64 with square roots, in one stated order, hence alike on every backend.
 */
import { elementBytes, type Vec } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Constants } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";

/** x as a matrix: entry (i, j) is x[i cols + j]. */
export interface Shape {
  readonly rows: number;
  readonly cols: number;
  /** min(rows, cols): the largest rank. */
  readonly short: number;
  readonly long: number;
}

/** The shape with `rows` rows, the most square one (rows <= cols) if they are not given. @throws RangeError */
export function resolveShape(subject: string, rows: number | undefined, dim: number): Shape {
  let m = rows ?? Math.floor(Math.sqrt(dim));
  if (rows === undefined) while (m > 1 && dim % m !== 0) --m;
  const valid = Number.isInteger(m) && (dim === 0 ? m === 0 : m >= 1 && dim % m === 0);
  if (!valid) throw new RangeError(`${subject}: rows must divide d = ${dim}, got ${m}`);
  const n = dim === 0 ? 0 : dim / m;
  return { rows: m, cols: n, short: Math.min(m, n), long: Math.max(m, n) };
}

/** The bare name where a decomposition takes milliseconds, else a flat shape that keeps it so. */
export function spectralExamples(name: string, dim: number): readonly string[] {
  if (dim <= 10_000) return [name];
  let rows = 16;
  while (dim % rows !== 0) --rows;
  return [`${name}:rows=${rows}`];
}

/** The rank as it is used: at most min(rows, cols), where the compressor is exact. @throws RangeError */
export function resolveRank(subject: string, rank: number, { short }: Shape): number {
  if (!Number.isInteger(rank) || rank < Math.min(1, short)) {
    throw new RangeError(`${subject}: rank must be an integer from 1 up, got ${rank}`);
  }
  return Math.min(rank, short);
}

/** B(delta) of a random orthogonal projection of x: |C(x)|^2 = <C(x), x>. Bias and variance are not stated apart. */
export function randomProjection(delta: number): { delta: number; constants: Constants } {
  return { delta, constants: { delta, B1: [delta, 1], B2: [delta, 1], B3: 1 / delta } };
}

const bits = new DataView(new ArrayBuffer(8));

/** A power of two, near 1/value and safe to square: x times it has entries near 1. `value` is finite and above 0. */
export function liftFor(value: number): number {
  bits.setFloat64(0, value);
  const exponent = ((bits.getUint16(0) >> 4) & 0x7ff) - 1023;
  return 2 ** Math.min(1000, Math.max(-1000, -exponent));
}

// ------------------------------------------------------------------------------------------------- singular triples

/** Rotations stop when rows are orthogonal up to this cosine. Gaussian matrices: 8 sweeps at 20 x 20, 14 at 300 x 300. */
const COSINE = 2 ** -50;
const MAX_SWEEPS = 60;
/** Singular values below 2^-52 of the Frobenius norm count as zero: they are noise of the rotations. */
const NOISE = 2 ** -104;

/**
 * Singular triples by one-sided Jacobi rotations (Hestenes 1958) of the `short` rows of M (or of its transpose, if M has
 * more rows than columns). O(short^2 long) a sweep. Holds 8 d + 8 short^2 bytes of scratch.
 */
export class Singular {
  /** Descending, of the lifted matrix; 0 from the numerical rank on. */
  readonly values: Vec;
  /** Unit vectors of the long side, `long` entries each; the k-th belongs to row `order[k]`. */
  readonly #work: Vec;
  readonly #left: Vec;
  readonly #order: Vec;
  readonly #shape: Shape;

  constructor(ops: Ops, shape: Shape) {
    this.#shape = shape;
    this.values = ops.scratch.vec(shape.short, "f64");
    this.#order = ops.scratch.vec(shape.short, "f64");
    this.#work = ops.scratch.vec(shape.short * shape.long, "f64");
    this.#left = ops.scratch.vec(shape.short, "f64");
  }

  /** Decomposes lift * x. */
  compute(x: Vec, lift: number): void {
    const { rows, cols, short, long } = this.#shape;
    const w = this.#work.view;
    const source = x.view;
    const wide = rows <= cols;
    for (let i = 0, at = 0; i < rows; ++i) {
      for (let j = 0; j < cols; ++j, ++at) w[wide ? at : j * long + i] = source[at]! * lift;
    }
    let total = 0;
    for (let i = 0; i < w.length; ++i) total += w[i]! * w[i]!;
    for (let sweep = 0; sweep < MAX_SWEEPS && this.#sweep(total * NOISE); ++sweep);
    this.#sort(total * NOISE, short);
  }

  /** One sweep over all pairs; whether a pair was rotated. */
  #sweep(noise: number): boolean {
    const { short, long } = this.#shape;
    const w = this.#work.view;
    let rotated = false;
    for (let i = 0; i < short; ++i) {
      for (let j = i + 1; j < short; ++j) {
        const p = i * long;
        const q = j * long;
        let a = 0;
        let b = 0;
        let c = 0;
        for (let l = 0; l < long; ++l) {
          const y = w[p + l]!;
          const z = w[q + l]!;
          a += y * y;
          b += z * z;
          c += y * z;
        }
        if (a <= noise || b <= noise || Math.abs(c) <= COSINE * Math.sqrt(a * b)) continue;
        rotated = true;
        const zeta = (b - a) / (2 * c);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        const sine = cosine * t;
        for (let l = 0; l < long; ++l) {
          const y = w[p + l]!;
          const z = w[q + l]!;
          w[p + l] = cosine * y - sine * z;
          w[q + l] = sine * y + cosine * z;
        }
      }
    }
    return rotated;
  }

  /** Norms of the rows, descending, ties to the lower row; the rows become unit vectors. */
  #sort(noise: number, short: number): void {
    const { long } = this.#shape;
    const w = this.#work.view;
    const values = this.values.view;
    const order = this.#order.view;
    for (let i = 0; i < short; ++i) {
      let a = 0;
      for (let l = i * long; l < (i + 1) * long; ++l) a += w[l]! * w[l]!;
      const norm = a <= noise ? 0 : Math.sqrt(a);
      for (let l = i * long; l < (i + 1) * long; ++l) w[l] = norm === 0 ? 0 : w[l]! / norm;
      let k = i;
      for (; k > 0 && values[k - 1]! < norm; --k) {
        values[k] = values[k - 1]!;
        order[k] = order[k - 1]!;
      }
      values[k] = norm;
      order[k] = i;
    }
  }

  /**
   * Writes the k-th left and right singular vectors of lift * x and returns |M v| (or |M^T u|): the product of the three is
   * the projection of M on the computed vector of the long side, whatever the rotations left undone.
   */
  triple(k: number, x: Vec, lift: number, target: Vec, left: number, right: number): number {
    const { rows, cols, short, long } = this.#shape;
    const w = this.#work.view;
    const out = target.view;
    const y = this.#left.view;
    const source = x.view;
    const from = this.#order.view[k]! * long;
    const wide = rows <= cols;
    for (let i = 0; i < short; ++i) y[i] = 0;
    for (let i = 0, at = 0; i < rows; ++i) {
      for (let j = 0; j < cols; ++j, ++at) {
        const s = wide ? i : j;
        y[s] = y[s]! + source[at]! * lift * w[from + (wide ? j : i)]!;
      }
    }
    let squares = 0;
    for (let i = 0; i < short; ++i) squares += y[i]! * y[i]!;
    const norm = this.values.view[k]! === 0 ? 0 : Math.sqrt(squares);
    for (let i = 0; i < short; ++i) out[(wide ? left : right) + i] = norm === 0 ? 0 : y[i]! / norm;
    for (let l = 0; l < long; ++l) out[(wide ? right : left) + l] = norm === 0 ? 0 : w[from + l]!;
    return norm;
  }
}

// ------------------------------------------------------------------------------------------------- payloads

/** Unit vectors are rounded to the type, so their entries may exceed 1 by as much. */
const UNIT = 1 + 2 ** -20;

/**
 * Rank-one terms as they are sent, element-aligned: [weight] | `rows` entries | `cols` entries, term after term. The entries
 * of the first vector are at most 1 in magnitude; with weights so are those of the second.
 */
export class Terms {
  readonly vec: Vec;
  /** Elements of a term. */
  readonly size: number;
  readonly #subject: string;
  readonly #ops: Ops;
  readonly #shape: Shape;
  readonly #weighted: boolean;
  readonly #row: Vec;
  readonly #bytes: number;

  constructor(subject: string, ops: Ops, shape: Shape, most: number, weighted: boolean) {
    this.#subject = subject;
    this.#ops = ops;
    this.#shape = shape;
    this.#weighted = weighted;
    this.size = shape.rows + shape.cols + (weighted ? 1 : 0);
    this.vec = ops.scratch.vec(most * this.size, ops.dtype);
    this.#row = ops.scratch.vec(shape.cols, "f64");
    this.#bytes = this.size * elementBytes(ops.dtype);
  }

  bytes(count: number): number {
    return count * this.#bytes;
  }

  write(count: number, to: number): number {
    this.#ops.kernels.move(count * this.#bytes, this.vec.ptr, to);
    return count * this.#bytes;
  }

  /** @throws RangeError if the value, before it is rounded to the type, is above the type's largest number */
  requireNorm(value: number): void {
    const sent = this.#ops.dtype === "f32" ? Math.fround(value) : value;
    if (Math.abs(sent) < Infinity) return;
    const { dtype } = this.#ops;
    throw new RangeError(`${this.#subject}: the norm must be at most the largest ${dtype}, got ${value}`);
  }

  /** Copies `count` terms from `at` (any alignment) and checks them. @throws WireError */
  read(count: number, at: number): void {
    const { kernels, typed } = this.#ops;
    kernels.move(count * this.#bytes, at, this.vec.ptr);
    const bad = typed.firstNonFinite(count * this.size, this.vec.ptr);
    if (bad >= 0) throw new WireError("value", `${this.#subject}: value ${bad} of the payload is not finite`);
    const view = this.vec.view;
    const head = this.#weighted ? 1 : 0;
    const unit = this.#weighted ? this.size : this.#shape.rows;
    for (let k = 0; k < count; ++k) {
      const from = k * this.size;
      const weight = head === 1 ? view[from]! : 1;
      if (!(weight > 0 || Object.is(weight, 0))) {
        throw new WireError("value", `${this.#subject}: the weight of term ${k} must be at least 0, got ${weight}`);
      }
      const most = weight === 0 ? 0 : UNIT;
      for (let l = from + head; l < from + unit; ++l) {
        if (Math.abs(view[l]!) <= most) continue;
        throw new WireError(
          "value",
          `${this.#subject}: entries of term ${k} must be at most ${most === 0 ? 0 : 1}, got ${view[l]}`,
        );
      }
    }
  }

  /** acc += scale * the sum of `count` terms, summed in f64 in their order and rounded once. */
  addTo(count: number, scale: number, acc: Vec): void {
    if (count === 0) return;
    const { rows, cols } = this.#shape;
    const out = acc.view;
    const view = this.vec.view;
    const row = this.#row.view;
    const head = this.#weighted ? 1 : 0;
    const single = this.#ops.dtype === "f32";
    for (let i = 0, at = 0; i < rows; ++i) {
      row.fill(0);
      for (let k = 0; k < count; ++k) {
        const from = k * this.size;
        const weight = (head === 1 ? view[from]! : 1) * view[from + head + i]!;
        const right = from + head + rows;
        for (let j = 0; j < cols; ++j) row[j] = row[j]! + weight * view[right + j]!;
      }
      for (let j = 0; j < cols; ++j, ++at) {
        const value = scale * row[j]!;
        out[at] = out[at]! + (single ? Math.fround(value) : value);
      }
    }
  }
}
