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

const DIVERGED = 1e12;

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
  readonly #ops: Ops;
  readonly #problem: Problem;
  readonly #oracle: Oracle;
  readonly #prox: SeparableProx | undefined;
  readonly #gamma: number;
  readonly #x: Vec;
  readonly #g: Vec;
  readonly #image: Vec;
  /** The minimiser of f + psi; absent for non-convex problems: then errors of x are NaN. */
  readonly #optimum: Float64Array | undefined;
  readonly #initial: number;
  readonly #least: number;

  constructor(problem: Problem, backend: Experiment["backend"], start: Float64Array, prox?: SeparableProx) {
    this.#ops = createOps(backend, "f64");
    this.#problem = problem;
    this.#oracle = problem.oracle(this.#ops, -1);
    this.#prox = prox;
    this.#gamma = prox ? 1 / problem.smoothness().L : 0;
    this.#x = this.#ops.vec(problem.dim);
    this.#g = this.#ops.vec(problem.dim);
    this.#image = this.#ops.vec(problem.dim);
    if (problem.least !== undefined) {
      this.#least = problem.least; // psi >= 0
      this.#initial = 1 + squaredDistance(start, new Float64Array(problem.dim));
      return;
    }
    this.#optimum = optimumOf(problem, prox);
    this.#x.view.set(this.#optimum);
    this.#least = this.#objective();
    this.#initial = this.#error(start, this.#optimum);
  }

  /** The minimiser of f + psi. @throws RangeError for non-convex problems */
  get optimum(): Float64Array {
    return this.#optimum ?? this.#problem.optimum();
  }

  evaluate(x: Vec): Pick<TracePoint, "objective" | "objectiveGap" | "gradientNormSquared" | "relativeError"> {
    this.#x.view.set(x.view);
    const objective = this.#objective();
    const error = this.#optimum ? this.#error(this.#x.view, this.#optimum) : Number.NaN;
    return {
      objective,
      objectiveGap: objective - this.#least,
      gradientNormSquared: this.#gradient(),
      relativeError: this.#initial > 0 ? error / this.#initial : error,
    };
  }

  /** Whether the iterate evaluated last has left for infinity: by its error, or by its length where x* is not known. */
  get diverged(): boolean {
    const away = this.#optimum ? this.#error(this.#x.view, this.#optimum) : this.#ops.squares(this.#x);
    return !(away < DIVERGED * (this.#initial || 1));
  }

  /** To the nearest minimiser of f; psi leaves one. */
  #error(x: ArrayLike<number>, optimum: Float64Array): number {
    const nearest = this.#prox ? undefined : this.#problem.distance2?.(x);
    return nearest ?? squaredDistance(x, optimum);
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
