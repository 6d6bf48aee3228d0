/** What estimators share: options and draws of rows. */
import type { EstimatorEnv, EstimatorOptions, Rng } from "../core/contracts.ts";

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

/** One of the words, the first by default. @throws RangeError */
export function choice<W extends string>(name: string, key: string, value: unknown, words: readonly W[]): W {
  const word = value ?? words[0];
  if (words.includes(word as W)) return word as W;
  throw new RangeError(`estimator ${name}: ${key} must be one of ${words.join(", ")}, got ${word}`);
}

/**
 * (1 + L_ij/L-)/(2m), L- = mean_j L_ij, which sum to 1: half alike, half in proportion to the rows' smoothness.
 * @throws RangeError if all rows are zero
 */
export function mixedShares(name: string, oracle: EstimatorEnv["oracle"]): Float64Array {
  const { rows } = oracle;
  const smooth = Float64Array.from({ length: rows }, (_, row) => oracle.rowSmoothness(row));
  const total = smooth.reduce((sum, L) => sum + L, 0);
  if (!(total > 0)) throw new RangeError(`estimator ${name}: needs a row that is not zero`);
  return smooth.map((L) => (1 / rows + L / total) / 2);
}

/** The index with u in its part of [0, 1), where parts have the lengths `shares`. */
export function drawn(shares: Float64Array, u: number): number {
  let left = u;
  let index = 0;
  while (index < shares.length - 1 && left >= shares[index]!) left -= shares[index++]!;
  return index;
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
