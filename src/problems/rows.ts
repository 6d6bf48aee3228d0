/**
 * Functions of rows of data: f_i(x) = w_i sum_j loss(a_ij.x; y_ij) + lambda/2 |x|^2, shared by ridge and logistic.
 * Rows stay as they are stored, dense row-major or CSR.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { TypedKernels } from "../../bindings/kernels.ts";
import type { Ops, Oracle, Shard, Vec } from "../core/contracts.ts";
import type { Data } from "../data/matrix.ts";

/** A loss of the margin z = a.x and the label y, on vectors in the arena. */
export interface RowLoss {
  /** sup of its second derivative in z. */
  readonly curvatureBound: number;
  /** z_i <- weight loss'(z_i; y_i). */
  slope(kernels: TypedKernels, n: number, weight: number, labels: number, z: number): void;
  /** z_i <- weight loss''(z_i; y_i). */
  curvature(kernels: TypedKernels, n: number, weight: number, z: number): void;
  /** sum of loss(z_i; y_i). */
  sum(kernels: TypedKernels, n: number, labels: number, z: number): number;
}

/** Consecutive rows whose losses have one weight. */
export interface Segment {
  readonly rows: number;
  readonly weight: number;
}

/** Structured-cloneable description of an oracle. */
export interface RowsShard extends Shard {
  readonly data: Data;
  readonly segments: readonly Segment[];
  readonly lambda: number;
}

/** v -> H v for the Hessian at a point. */
export interface HessianProducts {
  at(x: Vec): void;
  times(v: Vec, out: Vec): void;
}

/** The rows of a data set in the arena. Row ranges are [from, from + count). */
export class RowMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly #ops: Ops;
  readonly #size: number;
  readonly #values: number;
  /** Addresses of rowStart and columns; rowStart 0 means dense. */
  readonly #starts: number;
  readonly #columns: number;
  readonly #counts: Uint32Array;

  constructor(ops: Ops, data: Data) {
    this.#ops = ops;
    this.#size = elementBytes(ops.dtype);
    this.rows = data.rows;
    this.cols = data.cols;
    this.#values = ops.from(data.values).ptr;
    this.#counts = data.kind === "csr" ? data.rowStart.slice() : new Uint32Array(0);
    this.#starts = data.kind === "csr" ? words(ops, data.rowStart) : 0;
    this.#columns = data.kind === "csr" ? words(ops, data.columns) : 0;
  }

  /** out = A x. */
  matvec(x: number, out: number, from: number, count: number): void {
    const { typed } = this.#ops;
    if (this.#starts === 0) typed.gemv(count, this.cols, this.#row(from), x, out);
    else typed.csrMatvec(count, this.#starts + 4 * from, this.#columns, this.#values, x, out);
  }

  /** out = A^T r. */
  matvecT(r: number, out: number, from: number, count: number): void {
    const { typed } = this.#ops;
    if (this.#starts === 0) typed.gemvT(count, this.cols, this.#row(from), r, out);
    else typed.csrMatvecT(count, this.cols, this.#starts + 4 * from, this.#columns, this.#values, r, out);
  }

  /** out = A^T diag(w) A, lower triangle. */
  gram(w: number, out: number): void {
    const { typed } = this.#ops;
    if (this.#starts === 0) typed.gram(this.rows, this.cols, this.#values, w, out);
    else typed.csrGram(this.rows, this.cols, this.#starts, this.#columns, this.#values, w, out);
  }

  /** out += a (row). */
  addRow(row: number, a: number, out: number): void {
    const { typed } = this.#ops;
    if (this.#starts === 0) {
      typed.axpy(this.cols, a, this.#row(row), out);
      return;
    }
    const first = this.#counts[row]!;
    const k = this.#counts[row + 1]! - first;
    if (k > 0) typed.scatterAdd(k, a, this.#values + first * this.#size, this.#columns + 4 * first, out);
  }

  /** |row|^2. */
  rowSquares(row: number): number {
    const { typed } = this.#ops;
    if (this.#starts === 0) return typed.squares(this.cols, this.#row(row));
    const first = this.#counts[row]!;
    return typed.squares(this.#counts[row + 1]! - first, this.#values + first * this.#size);
  }

  #row(row: number): number {
    return this.#values + row * this.cols * this.#size;
  }
}

/** u32 numbers in the arena. */
function words(ops: Ops, values: Uint32Array): number {
  const { ptr } = ops.bytes(4 * values.length);
  new Uint32Array(ops.arena.buffer, ptr, values.length).set(values);
  return ptr;
}

/** Oracle of a shard. Margins live in the host's shared scratch: no call leaves anything there. */
export class RowsOracle implements Oracle {
  readonly dim: number;
  readonly rows: number;
  readonly #ops: Ops;
  readonly #loss: RowLoss;
  readonly #matrix: RowMatrix;
  readonly #labels: number;
  readonly #segments: readonly Segment[];
  readonly #lambda: number;
  readonly #size: number;
  /** Margins, later slopes. */
  readonly #z: Vec;

  constructor(ops: Ops, loss: RowLoss, shard: RowsShard) {
    const { data, segments, lambda } = shard;
    this.dim = data.cols;
    this.rows = data.rows;
    this.#ops = ops;
    this.#loss = loss;
    this.#matrix = new RowMatrix(ops, data);
    this.#labels = ops.from(data.labels).ptr;
    this.#segments = segments;
    this.#lambda = lambda;
    this.#size = elementBytes(ops.dtype);
    ops.scratch.begin();
    this.#z = ops.scratch.vec(data.rows, ops.dtype);
  }

  gradient(x: Vec, g: Vec): void {
    this.#check(x, g);
    const z = this.#z.ptr;
    this.#matrix.matvec(x.ptr, z, 0, this.rows);
    let at = 0;
    for (let s = 0; s < this.#segments.length; ++s) {
      const { rows, weight } = this.#segments[s]!;
      this.#loss.slope(this.#ops.typed, rows, weight, this.#labels + at, z + at);
      at += rows * this.#size;
    }
    this.#matrix.matvecT(z, g.ptr, 0, this.rows);
    if (this.#lambda !== 0) this.#ops.axpy(this.#lambda, x, g);
  }

  rowsGradient(x: Vec, rows: Uint32Array, count: number, g: Vec): void {
    this.#check(x, g);
    const z = this.#z.ptr;
    this.#ops.combine(this.#lambda, x, 0, x, g);
    for (let j = 0; j < count; ++j) {
      const row = rows[j]!;
      if (row >= this.rows) throw new RangeError(`oracle: rows must be in 0..${this.rows - 1}, got ${row}`);
      this.#matrix.matvec(x.ptr, z, row, 1);
      const weight = (this.#weight(row) * this.rows) / count;
      this.#loss.slope(this.#ops.typed, 1, weight, this.#labels + row * this.#size, z);
      this.#matrix.addRow(row, this.#first(), g.ptr);
    }
  }

  loss(x: Vec): number {
    this.#check(x, x);
    const z = this.#z.ptr;
    this.#matrix.matvec(x.ptr, z, 0, this.rows);
    let sum = 0;
    let at = 0;
    for (let s = 0; s < this.#segments.length; ++s) {
      const { rows, weight } = this.#segments[s]!;
      sum += weight * this.#loss.sum(this.#ops.typed, rows, this.#labels + at, z + at);
      at += rows * this.#size;
    }
    return sum + (this.#lambda / 2) * this.#ops.squares(x);
  }

  hessian(x: Vec, H: Vec): void {
    this.#check(x, x);
    if (H.length !== this.dim * this.dim || H.dtype !== this.#ops.dtype) {
      throw new RangeError(`oracle: H must be ${this.#ops.dtype}[${this.dim ** 2}] (d^2), got ${H.dtype}[${H.length}]`);
    }
    this.#curvatures(x, this.#z.ptr);
    this.#matrix.gram(this.#z.ptr, H.ptr);
    const view = H.view;
    for (let i = 0; i < this.dim; ++i) view[i * (this.dim + 1)]! += this.#lambda;
  }

  /** Products with the Hessian, for dimensions where it does not fit. Takes 24 bytes a row (f64). */
  hessianProducts(): HessianProducts {
    const { rows } = this;
    const [weights, product, scaled] = [this.#ops.vec(rows), this.#ops.vec(rows), this.#ops.vec(rows)];
    // diag(weights) as CSR: there is no kernel for the product of two vectors
    const starts = words(
      this.#ops,
      Uint32Array.from({ length: rows + 1 }, (_, i) => i),
    );
    return {
      at: (x) => this.#curvatures(x, weights.ptr),
      times: (v, out) => {
        this.#matrix.matvec(v.ptr, product.ptr, 0, rows);
        this.#ops.typed.csrMatvec(rows, starts, starts, weights.ptr, product.ptr, scaled.ptr);
        this.#matrix.matvecT(scaled.ptr, out.ptr, 0, rows);
        this.#ops.axpy(this.#lambda, v, out);
      },
    };
  }

  rowSmoothness(row: number): number {
    const weight = this.#weight(row) * this.rows * this.#loss.curvatureBound;
    return weight * this.#matrix.rowSquares(row) + this.#lambda;
  }

  /** Second derivatives of the rows' losses at x, with their weights. */
  #curvatures(x: Vec, out: number): void {
    this.#matrix.matvec(x.ptr, out, 0, this.rows);
    let at = 0;
    for (const { rows, weight } of this.#segments) {
      this.#loss.curvature(this.#ops.typed, rows, weight, out + at);
      at += rows * this.#size;
    }
  }

  #weight(row: number): number {
    let s = 0;
    for (let left = row; left >= this.#segments[s]!.rows; ++s) left -= this.#segments[s]!.rows;
    return this.#segments[s]!.weight;
  }

  /** The first element of z. */
  #first(): number {
    const { data } = this.#ops.arena;
    return this.#size === 4 ? data.getFloat32(this.#z.ptr, true) : data.getFloat64(this.#z.ptr, true);
  }

  #check(x: Vec, g: Vec): void {
    if (x.length === this.dim && g.length === this.dim && x.dtype === this.#ops.dtype && g.dtype === x.dtype) return;
    const wrong = x.length === this.dim && x.dtype === this.#ops.dtype ? g : x;
    throw new RangeError(
      `oracle: vectors must be ${this.#ops.dtype}[${this.dim}] (d), got ${wrong.dtype}[${wrong.length}]`,
    );
  }
}
