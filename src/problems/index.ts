/** The problems, by name. One line each. */
import type { Ops, Oracle, Problem, Shard } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { counterExample } from "./counter-example.ts";
import type { ProblemContext, ProblemFactory, ProblemSpec } from "./factory.ts";
import { logistic } from "./logistic.ts";
import { logisticNonconvex } from "./logistic-nonconvex.ts";
import { quadratic } from "./quadratic.ts";
import { ridge } from "./ridge.ts";

const all: readonly ProblemFactory[] = [ridge, logistic, logisticNonconvex, quadratic, counterExample];

export const problems: Readonly<Record<string, ProblemFactory>> = Object.fromEntries(
  all.map((factory) => [factory.name, factory]),
);

/** @throws UsageError with the near names */
export function findProblem(name: string): ProblemFactory {
  const found = Object.hasOwn(problems, name) ? problems[name] : undefined;
  if (found) return found;
  throw new UsageError(`problem: unknown name "${name}"; ${suggestion(name, Object.keys(problems))}`);
}

/** Builds the problem that `spec.name` names. @throws UsageError for unknown names, RangeError for values */
export function createProblem(spec: ProblemSpec, context: ProblemContext): Problem {
  return findProblem(String(spec.name)).create(spec, context);
}

/** The oracle that a problem's shard describes, in the memory of `ops`; its kernels include the linalg module. */
export const oracleFrom = (shard: Shard, ops: Ops): Oracle => findProblem(shard.name).oracle(shard, ops);

/** Smoothness matrices are made once for a shard: servers and workers of one thread share them. */
const matrices = new WeakMap<Shard, Float64Array>();

/** The smoothness matrix of the function that a problem's shard describes. @throws UsageError if the problem has none */
export function matrixFrom(shard: Shard): Float64Array {
  let matrix = matrices.get(shard);
  if (!matrix) {
    matrix = findProblem(shard.name).matrix?.(shard);
    if (!matrix) throw new UsageError(`${shard.name}: has no smoothness matrices`);
    matrices.set(shard, matrix);
  }
  return matrix;
}

export type { ProblemContext, ProblemFactory, ProblemSpec } from "./factory.ts";
