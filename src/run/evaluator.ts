/** f, its gradient and the errors of an iterate, in f64 and apart from the run: no counted bits, no clock. */
import type { Ops } from "../../bindings/ops.ts";
import type { Oracle, Problem, Vec } from "../core/contracts.ts";
import { createOps } from "./cluster.ts";
import type { Experiment } from "./config.ts";
import type { TracePoint } from "./trace.ts";

export class Evaluator {
  readonly ops: Ops;
  readonly #oracle: Oracle;
  readonly #x: Vec;
  readonly #g: Vec;
  readonly #optimum: Float64Array;
  readonly #initial: number;
  readonly #least: number;

  constructor(problem: Problem, backend: Experiment["backend"], start: Float64Array) {
    this.ops = createOps(backend, "f64");
    this.#oracle = problem.oracle(this.ops, -1);
    this.#x = this.ops.vec(problem.dim);
    this.#g = this.ops.vec(problem.dim);
    this.#optimum = problem.optimum();
    this.#x.view.set(this.#optimum);
    this.#least = this.#oracle.loss(this.#x);
    this.#initial = squaredDistance(start, this.#optimum);
  }

  evaluate(x: Vec): Pick<TracePoint, "objective" | "objectiveGap" | "gradientNormSquared" | "relativeError"> {
    this.#x.view.set(x.view);
    const objective = this.#oracle.loss(this.#x);
    this.#oracle.gradient(this.#x, this.#g);
    const error = squaredDistance(this.#x.view, this.#optimum);
    return {
      objective,
      objectiveGap: objective - this.#least,
      gradientNormSquared: this.ops.squares(this.#g),
      relativeError: this.#initial > 0 ? error / this.#initial : error,
    };
  }
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
