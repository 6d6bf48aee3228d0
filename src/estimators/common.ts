/** What estimators share: options and draws of rows. */
import type { EstimatorOptions, Rng } from "../core/contracts.ts";

export const BATCH = "rows of a draw, an integer in 1..m (the worker's rows); default 1";

/** @throws RangeError unless the batch is an integer in 1..rows */
export function batchOf(name: string, options: EstimatorOptions, rows: number): number {
  const batch = options.batch ?? 1;
  if (typeof batch === "number" && Number.isInteger(batch) && batch >= 1 && batch <= rows) return batch;
  throw new RangeError(`estimator ${name}: batch must be an integer in 1..${rows} (rows of a worker), got ${batch}`);
}

/** @throws RangeError unless the probability is in (0, 1] */
export function probability(name: string, key: string, value: unknown, byDefault: number): number {
  const p = value ?? byDefault;
  if (typeof p === "number" && p > 0 && p <= 1) return p;
  throw new RangeError(`estimator ${name}: ${key} must be in (0, 1], got ${p}`);
}

/** Draws subsets of 0..rows-1 of one size, each equally likely. Nothing is kept from one draw to the next. */
export class Subsets {
  readonly rows: Uint32Array;
  readonly #from: number;
  readonly #seen: Uint32Array;
  #draw = 0;

  constructor(from: number, size: number) {
    this.rows = new Uint32Array(size);
    this.#from = from;
    this.#seen = new Uint32Array(from);
  }

  /** Fills `rows`. Source: Bentley and Floyd, "A sample of brilliance", CACM 30 (1987). */
  next(rng: Rng): Uint32Array {
    const { rows } = this;
    const seen = this.#seen;
    if (++this.#draw > 0xffffffff) {
      seen.fill(0);
      this.#draw = 1;
    }
    const first = this.#from - rows.length;
    for (let k = 0; k < rows.length; ++k) {
      const candidate = rng.below(first + k + 1);
      const row = seen[candidate] === this.#draw ? first + k : candidate;
      seen[row] = this.#draw;
      rows[k] = row;
    }
    return rows;
  }
}
