/**
 * The average of a run's iterates x^0, x^1, ..., x^{K-1}, weighted by w_k = q^-(k+1): 1 for uniform weights,
 * q = 1 - gamma mu/2 for those of strongly convex theory. Kept normalised, so that no weight overflows:
 *   r <- 1 + q r;  a <- a + (x - a)/r,   r = (w_0 + ... + w_k)/w_k
 * Source: Stich, arXiv 1907.04232 (weights); Jensen's inequality turns bounds on the mean of f(x^k) - f* into one on the average.
 */
import type { Ops, Scalar, State, Vec } from "../core/contracts.ts";

export class Average {
  readonly #ops: Ops;
  readonly #q: number;
  readonly #a: Vec;
  readonly #r: Scalar;

  constructor(ops: Ops, state: State, q: number) {
    this.#ops = ops;
    this.#q = q;
    this.#a = state.vec("average");
    this.#r = state.scalar("average's weight");
  }

  /** Takes the iterate of a round that begins. */
  add(x: Vec): void {
    const r = 1 + this.#q * this.#r.value;
    this.#r.value = r;
    this.#ops.combine(1 - 1 / r, this.#a, 1 / r, x, this.#a);
  }

  /** The average, or x where there is no iterate yet. */
  output(x: Vec, into: Vec): void {
    this.#ops.copy(this.#r.value > 0 ? this.#a : x, into);
  }
}
