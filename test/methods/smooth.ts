/** What the tests of smoothness-aware methods share: a problem whose workers' matrices differ, norms of L_i^+. */
import { rootOf } from "../../src/compressors/symmetric.ts";
import type { Problem } from "../../src/core/contracts.ts";
import { createProblem, matrixFrom } from "../../src/problems/index.ts";
import { shardsOf } from "../run/harness.ts";
import { random } from "./problems.ts";

/** Ridge, n = 10 workers with 10 rows each, d = 20, lambda = 0.5; columns of `sizes` different sizes. */
export function unevenRidge(sizes = 4): Problem {
  const draws = random(3);
  const [rows, cols] = [100, 20];
  const values = Float64Array.from({ length: rows * cols }, (_, at) => draws.normal() * 2 ** -((at % cols) % sizes));
  const labels = Float64Array.from({ length: rows }, () => 3 * draws.normal());
  const parts = Array.from({ length: 10 }, (_, i) => Uint32Array.from({ length: 10 }, (_, j) => 10 * i + j));
  const data = { kind: "dense", rows, cols, values, labels } as const;
  return createProblem({ name: "ridge", lambda: 0.5 }, { workers: 10, data, rows: parts, random: draws });
}

/** |v|^2 in the norm of L_i^+, one function a worker. */
export function dualNorms(problem: Problem): ((v: ArrayLike<number>) => number)[] {
  const d = problem.dim;
  return Array.from({ length: problem.workers }, (_, i) => {
    const { inverse } = rootOf("test", d, matrixFrom(shardsOf(problem)[i]!), "full");
    return (v) => {
      let squares = 0;
      for (let row = 0; row < d; ++row) {
        let sum = 0;
        for (let j = 0; j < d; ++j) sum += inverse[row * d + j]! * v[j]!;
        squares += sum * sum;
      }
      return squares;
    };
  });
}
