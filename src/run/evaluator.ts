/**
 * f + psi, its gradient and the errors of an iterate, in f64 and apart from the run: no counted bits, no clock.
 * Where there is a psi the gradient is the gradient mapping (x - prox_{gamma psi}(x - gamma grad f(x)))/gamma, gamma = 1/L.
 */
import type { Ops } from "../../bindings/ops.ts";
import type { Oracle, Problem, Vec } from "../core/contracts.ts";
import { privateOps } from "../problems/factory.ts";
import type { SeparableProx } from "../prox/index.ts";
import { minimiseComposite } from "../prox/minimise.ts";
import { createOps } from "./cluster.ts";
import type { Experiment } from "./config.ts";
import type { TracePoint } from "./trace.ts";

/** The minimiser of f + psi, to machine precision in f64. @throws where there is none */
export function optimumOf(problem: Problem, prox: SeparableProx | undefined): Float64Array {
  if (!prox) return problem.optimum();
  const ops = privateOps();
  return minimiseComposite(problem.name, ops, problem.oracle(ops, -1), prox, problem.smoothness().L);
}

/** grad f at any point. */
export function gradientAt(problem: Problem, at: Float64Array): Float64Array {
  const ops = privateOps();
  const g = ops.vec(problem.dim);
  problem.oracle(ops, -1).gradient(ops.from(at), g);
  return Float64Array.from(g.view);
}

export class Evaluator {
  /** The minimiser of f + psi. */
  readonly optimum: Float64Array;
  readonly #ops: Ops;
  readonly #oracle: Oracle;
  readonly #prox: SeparableProx | undefined;
  readonly #gamma: number;
  readonly #x: Vec;
  readonly #g: Vec;
  readonly #image: Vec;
  readonly #initial: number;
  readonly #least: number;

  constructor(problem: Problem, backend: Experiment["backend"], start: Float64Array, prox?: SeparableProx) {
    this.#ops = createOps(backend, "f64");
    this.#oracle = problem.oracle(this.#ops, -1);
    this.#prox = prox;
    this.#gamma = prox ? 1 / problem.smoothness().L : 0;
    this.#x = this.#ops.vec(problem.dim);
    this.#g = this.#ops.vec(problem.dim);
    this.#image = this.#ops.vec(problem.dim);
    this.optimum = optimumOf(problem, prox);
    this.#x.view.set(this.optimum);
    this.#least = this.#objective();
    this.#initial = squaredDistance(start, this.optimum);
  }

  evaluate(x: Vec): Pick<TracePoint, "objective" | "objectiveGap" | "gradientNormSquared" | "relativeError"> {
    this.#x.view.set(x.view);
    const objective = this.#objective();
    const error = squaredDistance(this.#x.view, this.optimum);
    return {
      objective,
      objectiveGap: objective - this.#least,
      gradientNormSquared: this.#gradient(),
      relativeError: this.#initial > 0 ? error / this.#initial : error,
    };
  }

  #objective(): number {
    return this.#oracle.loss(this.#x) + (this.#prox?.value(this.#x) ?? 0);
  }

  /** |grad f(x)|^2, or that of the gradient mapping. */
  #gradient(): number {
    const ops = this.#ops;
    const gamma = this.#gamma;
    this.#oracle.gradient(this.#x, this.#g);
    if (!this.#prox) return ops.squares(this.#g);
    ops.combine(1, this.#x, -gamma, this.#g, this.#image);
    this.#prox.apply(gamma, this.#image);
    return ops.distance2(this.#x, this.#image) / gamma ** 2;
  }
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
