/** What estimators with a table of gradients, one of every row, share. */
import { elementBytes } from "../../bindings/arena.ts";
import type { Estimator, EstimatorEnv, EstimatorOptions, Moments, RowFacts, Vec } from "../core/contracts.ts";
import { batchOf, Subsets } from "./common.ts";

/** J_j and their mean, 0 at first. State: m d elements. */
export class Table {
  readonly #env: EstimatorEnv;
  readonly #all: Vec;
  readonly #mean: Vec;
  readonly #row: Vec; // pointed into the table
  readonly #change: Vec;
  readonly #fresh: Vec;
  readonly #stride: number;
  readonly #one = new Uint32Array(1);

  constructor(env: EstimatorEnv) {
    const { ops, dim, oracle, state } = env;
    this.#env = env;
    this.#all = state.vec("table", oracle.rows * dim);
    this.#mean = state.vec("mean of the table");
    this.#row = ops.vec(dim);
    this.#change = ops.vec(dim);
    this.#fresh = ops.vec(dim);
    this.#stride = dim * elementBytes(ops.dtype);
  }

  /** g = mean J_j. */
  begin(g: Vec): void {
    this.#env.ops.copy(this.#mean, g);
  }

  /** g += weight (grad f_ij(x) - J_j);  J_j <- grad f_ij(x). */
  renew(index: number, x: Vec, weight: number, g: Vec): void {
    const { ops, oracle } = this.#env;
    this.#one[0] = index;
    this.#row.at(this.#all.ptr + index * this.#stride);
    oracle.rowsGradient(x, this.#one, 1, this.#fresh);
    ops.sub(this.#fresh, this.#row, this.#change);
    ops.copy(this.#fresh, this.#row);
    ops.axpy(weight, this.#change, g);
    ops.axpy(1 / oracle.rows, this.#change, this.#mean);
  }
}

/** A table of which tau rows are renewed, every subset alike. */
export function niceTable(name: string, env: EstimatorEnv, options: EstimatorOptions): Estimator {
  const { oracle, rng } = env;
  const subsets = new Subsets(oracle.rows, batchOf(name, options, oracle.rows));
  const table = new Table(env);
  return {
    sample(x, g) {
      const rows = subsets.next(rng);
      table.begin(g);
      for (let k = 0; k < rows.length; ++k) table.renew(rows[k]!, x, 1 / rows.length, g);
    },
  };
}

/** Its constants: estimators/jacsketch.ts, `nice`. */
export function niceMoments(name: string, options: EstimatorOptions, { rows, Li, Lhat }: RowFacts): Moments {
  const batch = batchOf(name, options, rows);
  const left = rows === 1 ? 0 : (rows - batch) / (batch * (rows - 1));
  const share = batch / rows;
  return { A: 2 * ((1 - left) * Li + left * Lhat), B: 2 * left, rho: share, C: share * Lhat };
}
