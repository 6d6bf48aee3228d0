/**
 * Smoothness matrices: eigenvalues, L^1/2 and its pseudo-inverse, diagonal majorants, and weighted errors of compressors.
 * Not a compressor. All of it happens at set-up, in f64 with +, -, *, / and square roots in one stated order, hence alike
 * on every engine. A matrix is d numbers (diagonal) or d x d of them (symmetric, positive semidefinite).
 * Source: cyclic Jacobi rotations: Golub and Van Loan, Matrix Computations, section 8.5.
 */
import type { QuadraticForm } from "../core/contracts.ts";

/** Largest d of a full matrix. Its eigenvalues take 0.1 s at d = 128, and eight times as long for twice the d. */
export const MAX_FULL = 1024;

/** Rotations of one sweep over all pairs bring the matrix near diagonal; quadratic convergence: 6 to 10 sweeps. */
const MAX_SWEEPS = 60;
/** Entries below this share of the largest diagonal entry are zero to working precision. */
const TINY = 2 ** -53;
/** Eigenvalues below this share of the largest count as 0 in the pseudo-inverse. */
const RANK = 1e-12;

export interface Eigen {
  readonly values: Float64Array;
  /** Row k is the unit eigenvector of values[k]; absent unless asked for. */
  readonly vectors?: Float64Array;
}

/** Eigenvalues of a symmetric matrix (its lower triangle is read), in no order. */
export function eigen(d: number, matrix: ArrayLike<number>, withVectors: boolean): Eigen {
  const a = new Float64Array(d * d);
  for (let i = 0; i < d; ++i) for (let j = 0; j <= i; ++j) a[i * d + j] = a[j * d + i] = matrix[i * d + j]!;
  const v = withVectors ? new Float64Array(d * d) : undefined;
  if (v) for (let i = 0; i < d; ++i) v[i * (d + 1)] = 1;
  for (let sweep = 0; sweep < MAX_SWEEPS; ++sweep) {
    let largest = 0;
    for (let i = 0; i < d; ++i) largest = Math.max(largest, Math.abs(a[i * (d + 1)]!));
    let rotated = false;
    for (let p = 0; p < d; ++p) {
      for (let q = p + 1; q < d; ++q) {
        if (Math.abs(a[p * d + q]!) <= TINY * largest) continue;
        rotated = true;
        rotate(d, a, v, p, q);
      }
    }
    if (!rotated) break;
  }
  const values = Float64Array.from({ length: d }, (_, i) => a[i * (d + 1)]!);
  return v ? { values, vectors: v } : { values };
}

/** Makes a_pq zero: rows, then columns p and q of a, and rows of the eigenvectors. */
function rotate(d: number, a: Float64Array, v: Float64Array | undefined, p: number, q: number): void {
  const [pp, qq, pq] = [a[p * (d + 1)]!, a[q * (d + 1)]!, a[p * d + q]!];
  const zeta = (qq - pp) / (2 * pq);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = c * t;
  turn(d, a, p * d, q * d, 1, c, s);
  turn(d, a, p, q, d, c, s);
  a[p * d + q] = a[q * d + p] = 0;
  a[p * (d + 1)] = pp - t * pq;
  a[q * (d + 1)] = qq + t * pq;
  if (v) turn(d, v, p * d, q * d, 1, c, s);
}

function turn(d: number, a: Float64Array, p: number, q: number, stride: number, c: number, s: number): void {
  for (let k = 0, at = p, to = q; k < d; ++k, at += stride, to += stride) {
    const y = a[at]!;
    const z = a[to]!;
    a[at] = c * y - s * z;
    a[to] = s * y + c * z;
  }
}

// ------------------------------------------------------------------------------------------------- forms

/** |.|_L^2 for the weighted errors of compressors. */
export class Form implements QuadraticForm {
  readonly dim: number;
  readonly diagonal: Float64Array;
  readonly #full: Float64Array | undefined;
  /** A form is asked the same by every node that compresses for it. */
  readonly #known = new Map<string, number>();

  /** @param matrix d or d x d numbers */
  constructor(dim: number, matrix: Float64Array) {
    const full = isFull(dim, matrix);
    this.dim = dim;
    this.#full = full ? matrix : undefined;
    this.diagonal = full ? Float64Array.from({ length: dim }, (_, i) => matrix[i * (dim + 1)]!) : matrix;
  }

  largest(on: number, off: number): number {
    const full = this.#full;
    if (!full || off === 0) return on * this.diagonal.reduce((a, b) => Math.max(a, b), 0);
    const key = `${on} ${off}`;
    let value = this.#known.get(key);
    if (value === undefined) {
      const scaled = full.map((entry, at) => entry * (at % (this.dim + 1) === 0 ? on : off));
      value = eigen(this.dim, scaled, false).values.reduce((a, b) => Math.max(a, b), 0);
      this.#known.set(key, value);
    }
    return value;
  }

  block(from: number, length: number): Form {
    const full = this.#full;
    if (!full) return new Form(length, this.diagonal.slice(from, from + length));
    const part = new Float64Array(length * length);
    for (let i = 0; i < length; ++i) {
      const at = (from + i) * this.dim + from;
      part.set(full.subarray(at, at + length), i * length);
    }
    return new Form(length, part);
  }
}

const isFull = (dim: number, matrix: ArrayLike<number>): boolean => dim > 1 && matrix.length === dim * dim;

// ------------------------------------------------------------------------------------------------- roots

export interface Root {
  /** L itself as it is used. */
  readonly form: Form;
  /** L^1/2 and L^{+1/2}, of the same shape. */
  readonly root: Float64Array;
  readonly inverse: Float64Array;
  /** Smallest eigenvalue; 0 where L is singular to working precision. */
  readonly least: number;
}

/** Roots are made once for a matrix: servers and workers of one thread share them. */
const roots = new WeakMap<Float64Array, Map<string, Root>>();

/**
 * L^1/2 and L^{+1/2}.
 * @param shape full: L as it is; diagonal: a diagonal matrix that majorises it
 * @throws RangeError for a matrix of another size, that is not finite, symmetric and positive semidefinite
 */
export function rootOf(subject: string, dim: number, matrix: Float64Array, shape: "full" | "diagonal"): Root {
  if (matrix.length !== dim && matrix.length !== dim * dim) {
    throw new RangeError(
      `${subject}: a smoothness matrix must have d = ${dim} or d^2 = ${dim * dim} entries, got ${matrix.length}`,
    );
  }
  let held = roots.get(matrix);
  if (!held) {
    held = new Map();
    roots.set(matrix, held);
  }
  let root = held.get(shape);
  if (!root) {
    requireMatrix(subject, dim, matrix);
    const diagonal = !isFull(dim, matrix) || shape === "diagonal";
    root = diagonal ? diagonalRoot(majorant(dim, matrix)) : fullRoot(subject, dim, matrix);
    held.set(shape, root);
  }
  return root;
}

function requireMatrix(subject: string, dim: number, matrix: Float64Array): void {
  const bad = matrix.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`${subject}: matrix entries must be finite, got ${matrix[bad]} at index ${bad}`);
  const full = isFull(dim, matrix);
  if (full && dim > MAX_FULL)
    throw new RangeError(`${subject}: d of a full matrix must be at most ${MAX_FULL}, got ${dim}`);
  const { diagonal } = new Form(dim, matrix);
  const negative = diagonal.findIndex((value) => value < 0);
  if (negative >= 0) {
    throw new RangeError(
      `${subject}: the matrix must be positive semidefinite, entry ${negative} of its diagonal is ${diagonal[negative]}`,
    );
  }
  if (!full) return;
  const largest = diagonal.reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < dim; ++i) {
    for (let j = 0; j < i; ++j) {
      const [low, high] = [matrix[i * dim + j]!, matrix[j * dim + i]!];
      if (Math.abs(low - high) <= 1e-12 * largest) continue;
      throw new RangeError(
        `${subject}: the matrix must be symmetric, entries (${i}, ${j}) and (${j}, ${i}) are ${low} and ${high}`,
      );
    }
  }
}

/**
 * Of a full matrix: s diag(L), s the largest eigenvalue of S^-1/2 L S^-1/2, S = diag(L). No smaller multiple of diag(L) has
 * L below it; L itself where it is diagonal, where s = 1.
 */
export function majorant(dim: number, matrix: Float64Array): Float64Array {
  if (!isFull(dim, matrix)) return matrix;
  const { diagonal } = new Form(dim, matrix);
  const gain = diagonal.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0));
  const scaled = matrix.map((value, at) => value * gain[Math.floor(at / dim)]! * gain[at % dim]!);
  const s = eigen(dim, scaled, false).values.reduce((a, b) => Math.max(a, b), 1);
  return diagonal.map((value) => s * value);
}

function diagonalRoot(matrix: Float64Array): Root {
  const largest = matrix.reduce((a, b) => Math.max(a, b), 0);
  const used = matrix.map((value) => (value > RANK * largest ? value : 0));
  const root = used.map(Math.sqrt);
  const least = used.reduce((a, b) => Math.min(a, b), Infinity);
  return {
    form: new Form(matrix.length, used),
    root,
    inverse: root.map((value) => (value > 0 ? 1 / value : 0)),
    least,
  };
}

function fullRoot(subject: string, d: number, matrix: Float64Array): Root {
  const { values, vectors } = eigen(d, matrix, true);
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  const smallest = values.reduce((a, b) => Math.min(a, b), Infinity);
  if (smallest < -1e-9 * largest) {
    throw new RangeError(`${subject}: the matrix must be positive semidefinite, it has the eigenvalue ${smallest}`);
  }
  const root = new Float64Array(d * d);
  const inverse = new Float64Array(d * d);
  for (let k = 0; k < d; ++k) {
    if (values[k]! <= RANK * largest) continue;
    const s = Math.sqrt(values[k]!);
    for (let i = 0; i < d; ++i) {
      const y = vectors![k * d + i]!;
      for (let j = 0; j < d; ++j) {
        const product = y * vectors![k * d + j]!;
        root[i * d + j]! += s * product;
        inverse[i * d + j]! += product / s;
      }
    }
  }
  return { form: new Form(d, matrix), root, inverse, least: smallest > RANK * largest ? smallest : 0 };
}
