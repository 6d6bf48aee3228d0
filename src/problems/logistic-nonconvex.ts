/**
 * Logistic regression with a non-convex regulariser: f_i(x) = mean over the worker's rows of log(1 + exp(-y a.x))
 *   + lambda sum_j r(x_j), r(t) = t^2/(1 + t^2), y in {-1, +1}.
 * Labels: two values; the larger becomes +1.
 * Constants: r'' = (2 - 6 t^2)/(1 + t^2)^3 lies in [-1/2, 2], hence L_i = sigma_max(A_i)^2/(4 m_i) + 2 lambda, and L, L_ij likewise;
 *   exact: all are reached at x = 0. mu = 0; f >= 0.
 * Source: the usual non-convex test problem, e.g. Gorbunov, Burlachenko, Li and Richtarik, MARINA, arXiv 2102.07845, section 5;
 *   Richtarik, Sokolov and Fatkhullin, EF21, arXiv 2106.05203.
 */
import type { Ops, Oracle, Problem, Smoothness, Vec } from "../core/contracts.ts";
import type { ProblemFactory } from "./factory.ts";
import { logisticLabels, logisticLoss } from "./logistic.ts";
import { RowsOracle, type RowsShard } from "./rows.ts";
import { RowsProblem, rowsMatrix, rowsOptions } from "./rows-problem.ts";

export const logisticNonconvex: ProblemFactory<RowsShard> = {
  name: "logistic-nonconvex",
  summary:
    "logistic regression with a non-convex regulariser: mean log(1 + exp(-y a.x)) + lambda sum x_j^2/(1 + x_j^2)",
  data: true,
  options: {
    ...rowsOptions,
    lambda:
      'coefficient of sum_j x_j^2/(1 + x_j^2): a number >= 0, or {"relative": r} for r times the L of the losses alone; default 0',
  },
  readings: {},
  create(spec, context) {
    const settings = { factory: logisticNonconvex, loss: logisticLoss, curved: false, labels: logisticLabels };
    return new NonconvexProblem(new RowsProblem({ ...settings, weight: (rows) => 1 / rows }, spec, context));
  },
  oracle: (shard, ops) => new NonconvexOracle(ops, shard),
  matrix: (shard) => rowsMatrix(logisticLoss, { ...shard, lambda: 2 * shard.lambda }),
};

class NonconvexProblem implements Problem {
  readonly name: string;
  readonly dim: number;
  readonly workers: number;
  readonly least = 0;
  /** With lambda/2 |x|^2 in the regulariser's place. */
  readonly #convex: RowsProblem;

  constructor(convex: RowsProblem) {
    this.name = convex.name;
    this.dim = convex.dim;
    this.workers = convex.workers;
    this.#convex = convex;
  }

  shard(worker: number): RowsShard {
    return this.#convex.shard(worker);
  }

  oracle(ops: Ops, worker: number): Oracle {
    return new NonconvexOracle(ops, this.shard(worker));
  }

  smoothness(reading?: string): Smoothness {
    const { lambda } = this.#convex;
    const { L, Li, Lhat } = this.#convex.smoothness(reading); // with lambda in each
    return { L: L + lambda, Li: Li.map((l) => l + lambda), mu: 0, Lhat: Lhat! + lambda };
  }

  optimum(): never {
    throw new RangeError(`${this.name}: is not convex, x* is not known; stop by rounds or gradientNormSquared`);
  }
}

class NonconvexOracle implements Oracle {
  readonly dim: number;
  readonly rows: number;
  readonly #losses: RowsOracle;
  readonly #lambda: number;

  constructor(ops: Ops, shard: RowsShard) {
    this.#losses = new RowsOracle(ops, logisticLoss, { ...shard, lambda: 0 });
    this.#lambda = shard.lambda;
    this.dim = this.#losses.dim;
    this.rows = this.#losses.rows;
  }

  gradient(x: Vec, g: Vec): void {
    this.#losses.gradient(x, g);
    this.#addSlope(x, g);
  }

  rowsGradient(x: Vec, rows: Uint32Array, count: number, g: Vec): void {
    this.#losses.rowsGradient(x, rows, count, g);
    this.#addSlope(x, g);
  }

  loss(x: Vec): number {
    const { view } = x;
    let sum = 0;
    for (let j = 0; j < this.dim; ++j) {
      const square = view[j]! * view[j]!;
      sum += square / (1 + square);
    }
    return this.#losses.loss(x) + this.#lambda * sum;
  }

  hessian(x: Vec, H: Vec): void {
    this.#losses.hessian(x, H);
    const [at, to] = [x.view, H.view];
    for (let j = 0; j < this.dim; ++j) {
      const square = at[j]! * at[j]!;
      const below = 1 + square;
      to[j * (this.dim + 1)]! += (this.#lambda * (2 - 6 * square)) / (below * below * below);
    }
  }

  rowSmoothness(row: number): number {
    return this.#losses.rowSmoothness(row) + 2 * this.#lambda;
  }

  /** g += lambda r'(x), r'(t) = 2t/(1 + t^2)^2. */
  #addSlope(x: Vec, g: Vec): void {
    addSlope(this.dim, 2 * this.#lambda, x.view, g.view);
  }
}

/** A function of its own, small enough for the engine to keep numbers unboxed soon. */
function addSlope(d: number, weight: number, at: Vec["view"], to: Vec["view"]): void {
  for (let j = 0; j < d; ++j) {
    const below = 1 + at[j]! * at[j]!;
    to[j]! += (weight * at[j]!) / (below * below);
  }
}
