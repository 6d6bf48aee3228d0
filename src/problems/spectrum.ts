/**
 * Extreme eigenvalues of symmetric matrices that are known by their products with vectors: Lanczos with full
 * reorthogonalisation. After d steps it is a tridiagonalisation, so it also serves as the direct method for small d.
 * Source: Parlett, The Symmetric Eigenvalue Problem, chapters 11 and 13. Only + - * / and sqrt: the same on every machine.
 */
import type { Ops, Vec } from "../core/contracts.ts";

const EPSILON = 2 ** -52;
/** A Ritz value is taken when its residual, a bound of its error, is below this part of the largest one. */
const TOLERANCE = 1e-13;

export interface Extremes {
  readonly largest: number;
  /** The smallest eigenvalue: only meaningful when both ends were asked for. */
  readonly smallest: number;
  /** Products with the matrix. */
  readonly steps: number;
  /** Whether both asked-for ends met the tolerance; if not, `largest` is raised by its residual and stays an upper bound of that Ritz value. */
  readonly converged: boolean;
}

/** Room for runs of at most `steps` steps on vectors of length n: (steps + 2) n numbers in the memory of `ops` (f64). */
export class Lanczos {
  readonly #ops: Ops;
  readonly #n: number;
  readonly #max: number;
  readonly #basis: Vec;
  readonly #current: Vec;
  readonly #product: Vec;
  readonly #coefficients: Vec;
  readonly #projection: Vec;

  constructor(ops: Ops, n: number, steps: number) {
    this.#ops = ops;
    this.#n = n;
    this.#max = Math.max(1, Math.min(n, steps));
    this.#basis = ops.vec(this.#max * n);
    this.#current = ops.vec(n);
    this.#product = ops.vec(n);
    this.#coefficients = ops.vec(this.#max);
    this.#projection = ops.vec(n);
  }

  /** @param apply out = A v, A symmetric; it may not keep the handles */
  run(apply: (v: Vec, out: Vec) => void, ends: "largest" | "both"): Extremes {
    const ops = this.#ops;
    const diagonal: number[] = [];
    const off: number[] = [];
    startVector(this.#current.view);
    ops.scale(1 / ops.norm2(this.#current), this.#current);
    let check = 8;
    for (let k = 0; ; ++k) {
      ops.kernels.move(8 * this.#n, this.#current.ptr, this.#basis.ptr + 8 * this.#n * k);
      apply(this.#current, this.#product);
      diagonal.push(ops.dot(this.#current, this.#product));
      const before = ops.norm2(this.#product);
      this.#orthogonalise(k + 1);
      this.#orthogonalise(k + 1); // twice is enough (Parlett, section 6.9)
      const beta = ops.norm2(this.#product);
      // an invariant subspace: the start has a part in every eigenspace, so all eigenvalues are there
      const complete = k + 1 === this.#n || beta <= 16 * EPSILON * before || before === 0;
      const last = complete || k + 1 === this.#max;
      if (last || k + 1 >= check) {
        check = Math.ceil(1.15 * check);
        const found = assess(ritz(diagonal, off), complete ? 0 : beta, ends);
        if (last || found.converged) return { ...found, steps: k + 1 };
      }
      off.push(beta);
      ops.combine(1 / beta, this.#product, 0, this.#product, this.#current);
    }
  }

  /** product -= V^T (V product), V the first `rows` basis vectors. */
  #orthogonalise(rows: number): void {
    const { typed } = this.#ops;
    typed.gemv(rows, this.#n, this.#basis.ptr, this.#product.ptr, this.#coefficients.ptr);
    typed.gemvT(rows, this.#n, this.#basis.ptr, this.#coefficients.ptr, this.#projection.ptr);
    this.#ops.sub(this.#product, this.#projection, this.#product);
  }
}

function assess(pairs: Ritz, beta: number, ends: "largest" | "both"): Omit<Extremes, "steps"> {
  const { values, last } = pairs;
  let top = 0;
  let bottom = 0;
  for (let i = 1; i < values.length; ++i) {
    if (values[i]! > values[top]!) top = i;
    if (values[i]! < values[bottom]!) bottom = i;
  }
  const size = Math.max(Math.abs(values[top]!), Math.abs(values[bottom]!));
  const residual = beta * Math.abs(last[top]!);
  const lowResidual = ends === "both" ? beta * Math.abs(last[bottom]!) : 0;
  const converged = residual <= TOLERANCE * size && lowResidual <= TOLERANCE * size;
  const largest = values[top]! + (converged ? 0 : residual);
  return { largest, smallest: values[bottom]!, converged };
}

/** Fixed entries without structure, between 1/2 and 1 in size. */
function startVector(out: { [index: number]: number; length: number }): void {
  let s = 0x9e3779b9;
  for (let i = 0; i < out.length; ++i) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0; // Knuth's and Lewis's linear congruence: high bits are good enough here
    out[i] = (s & 0x80000000 ? -0.5 : 0.5) * (1 + ((s << 1) >>> 0) / 2 ** 32);
  }
}

interface Ritz {
  /** Eigenvalues, in no order. */
  readonly values: Float64Array;
  /** The last entry of each one's unit eigenvector. */
  readonly last: Float64Array;
}

/**
 * Eigenvalues of a tridiagonal matrix and the last row of its eigenvectors, by implicit QL with Wilkinson's shift.
 * Source: Martin and Wilkinson, The implicit QL algorithm, Numer. Math. 12 (1968).
 */
export function ritz(diagonal: readonly number[], off: readonly number[]): Ritz {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = new Float64Array(n);
  for (let i = 0; i + 1 < n; ++i) e[i] = off[i]!;
  const z = new Float64Array(n);
  z[n - 1] = 1;
  for (let l = 0; l < n; ++l) {
    for (let turn = 0; turn < 60; ++turn) {
      let m = l;
      while (m + 1 < n && Math.abs(e[m]!) > (EPSILON / 2) * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) ++m;
      if (m === l) break;
      sweep(d, e, z, l, m);
    }
  }
  return { values: d, last: z };
}

/** One QL sweep over rows l..m. */
function sweep(d: Float64Array, e: Float64Array, z: Float64Array, l: number, m: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.sqrt(g * g + 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g < 0 ? -root : root));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; --i) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = length(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    const upper = z[i + 1]!;
    z[i + 1] = s * z[i]! + c * upper;
    z[i] = c * z[i]! - s * upper;
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

/** sqrt(a^2 + b^2) without overflow; Math.hypot is not the same in every engine. */
function length(a: number, b: number): number {
  const high = Math.max(Math.abs(a), Math.abs(b));
  if (high === 0) return 0;
  const ratio = Math.min(Math.abs(a), Math.abs(b)) / high;
  return high * Math.sqrt(1 + ratio * ratio);
}
