/**
 * The minimisers of a convex problem whose Hessian at one of them is singular: x* + null(H) for quadratics and for losses of
 * margins a.x, which have curvature everywhere. The one of least norm lies in the range of H, where b or the rows lie.
 * Range: columns of H by Gram-Schmidt with pivoting, twice each, as long as one is left with more than 1e-11 of the longest.
 * O(d^2 rank) once, O(d rank) a distance.
 */
import type { Ops, Oracle, Vec } from "../core/contracts.ts";

/** Largest d for this; beyond, distances are those to one minimiser. */
export const MAX_SINGULAR = 1024;
const TOLERANCE = 1e-11;
/** Relative to L: smaller eigenvalues are rounding errors of larger ones. */
export const ROUNDING = 1e-12;

export class Minimisers {
  readonly #dim: number;
  /** Orthonormal rows that span the range of H. */
  readonly #basis: readonly Float64Array[];
  /** The minimiser of least norm. */
  readonly least: Float64Array;

  /** @param x any minimiser */
  constructor(ops: Ops, oracle: Oracle, x: Float64Array) {
    const d = oracle.dim;
    this.#dim = d;
    const H = ops.vec(d * d);
    oracle.hessian!(ops.from(x), H);
    this.#basis = range(H, d);
    this.least = this.#project(x);
  }

  /** Squared distance of x to the nearest minimiser. */
  distance2(x: ArrayLike<number>): number {
    if (this.#basis.length === this.#dim) return squares(this.least.map((v, j) => x[j]! - v));
    let sum = 0; // of the coordinates in an orthonormal basis
    for (const q of this.#basis) {
      let c = 0;
      for (let j = 0; j < q.length; ++j) c += q[j]! * (x[j]! - this.least[j]!);
      sum += c * c;
    }
    return sum;
  }

  #project(x: Float64Array): Float64Array {
    if (this.#basis.length === this.#dim) return x.slice();
    const out = new Float64Array(x.length);
    for (const q of this.#basis) addTo(out, dot(q, x), q);
    return out;
  }
}

/** H is given by its lower triangle. */
function range(H: Vec, d: number): Float64Array[] {
  const { view } = H;
  const columns = Array.from({ length: d }, (_, i) =>
    Float64Array.from({ length: d }, (_, j) => (i >= j ? view[i * d + j]! : view[j * d + i]!)),
  );
  const basis: Float64Array[] = [];
  let first = 0;
  while (columns.length > 0) {
    let at = 0;
    let longest = -1;
    columns.forEach((column, i) => {
      const length = squares(column);
      if (length > longest) [longest, at] = [length, i];
    });
    first = Math.max(first, longest);
    if (longest <= TOLERANCE * TOLERANCE * first) break;
    const [q] = columns.splice(at, 1);
    for (const p of basis) addTo(q!, -dot(p, q!), p); // the second pass: what rounding left of the others
    const length = Math.sqrt(squares(q!));
    for (let j = 0; j < d; ++j) q![j]! /= length;
    basis.push(q!);
    for (const column of columns) addTo(column, -dot(q!, column), q!);
  }
  return basis;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; ++j) sum += a[j]! * b[j]!;
  return sum;
}

/** Squared distance of x to the nearest minimiser: of `several` where they are, else of the one. */
export function nearest2(x: ArrayLike<number>, one: Float64Array, several: Minimisers | undefined): number {
  return several ? several.distance2(x) : squares(one.map((v, j) => x[j]! - v));
}

const squares = (a: Float64Array): number => dot(a, a);

function addTo(a: Float64Array, scale: number, b: Float64Array): void {
  for (let j = 0; j < a.length; ++j) a[j]! += scale * b[j]!;
}
