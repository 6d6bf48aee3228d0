/** Small problems with exact constants and optima, all fixed by a seed. */
import type { Oracle, Problem } from "../../src/core/contracts.ts";
import { makeClassification, makeRegression, permutation, type Random } from "../../src/data/generators.ts";
import { createProblem } from "../../src/problems/index.ts";
import { lcg } from "../kernels/harness.ts";

/** The test's own generator behind the interface of the library's. */
export function random(seed: number): Random {
  const next = lcg(seed);
  for (let i = 0; i < 8; ++i) next(); // the first numbers of near seeds are alike
  return {
    uniform: next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    below: (n) => Math.floor(next() * n),
  };
}

function contiguous(rows: number, workers: number, order: Uint32Array): Uint32Array[] {
  const each = rows / workers;
  return Array.from({ length: workers }, (_, i) => order.slice(i * each, (i + 1) * each));
}

/** Ridge in the "sum" scale; noise keeps the workers apart at the optimum. */
export function ridge(
  workers: number,
  dim: number,
  rows: number,
  { noise = 100, lambda = 0.01, seed = 1 } = {},
): Problem {
  const draws = random(seed);
  const data = makeRegression({ rows, features: dim, informative: Math.min(10, dim), noise }, draws);
  const parts = contiguous(rows, workers, permutation(rows, draws));
  return createProblem({ name: "ridge", lambda, scale: "sum" }, { workers, data, rows: parts, random: draws });
}

/** n = 6 workers with 10 rows each, d = 12, f_i means over rows; condition number about 4, noise keeps workers and rows apart. */
export function rowsRidge(noise = 5): Problem {
  const draws = random(7);
  const data = makeRegression({ rows: 60, features: 12, informative: 6, noise }, draws);
  const parts = contiguous(60, 6, permutation(60, draws));
  return createProblem({ name: "ridge", lambda: 1 }, { workers: 6, data, rows: parts, random: draws });
}

/** n = 3 workers with the same 10 rows, d = 6: noise, and no differences between workers. */
export function sameRows(): Problem {
  const draws = random(11);
  const data = makeRegression({ rows: 10, features: 6, informative: 6, noise: 5 }, draws);
  for (let i = 0; i < data.labels.length; ++i) data.labels[i]! /= 50; // |x*| of the order of 1
  const rows = Uint32Array.from({ length: 10 }, (_, i) => i);
  return createProblem({ name: "ridge", lambda: 1 }, { workers: 3, data, rows: [rows, rows, rows], random: draws });
}

/** The experiment of the shifted compression paper: n = 10, d = 80, 100 rows, lambda = 1/100. */
export const paperRidge = (noise = 0, seed = 4): Problem => ridge(10, 80, 100, { noise, seed });

/** Quadratics with different minimisers: n workers, spectra in mu..L. */
export function quadratic(
  workers: number,
  dim: number,
  {
    mu = 1,
    L = 6,
    heterogeneity = 1,
    rotate = true,
    seed = 1,
  }: Partial<Record<"mu" | "L" | "heterogeneity" | "seed", number>> & {
    rotate?: boolean;
  } = {},
): Problem {
  return createProblem({ name: "quadratic", dim, mu, L, heterogeneity, rotate }, { workers, random: random(seed) });
}

export const counterExample = (): Problem =>
  createProblem({ name: "counter-example" }, { workers: 3, random: random(1) });

/** f_i(x) = (x - a_i)^2/2 in one dimension: x* is the mean of the a_i, where votes go to their median. */
export function scattered(at: readonly number[]): Problem {
  const mean = at.reduce((sum, a) => sum + a, 0) / at.length;
  return {
    name: "scattered",
    dim: 1,
    workers: at.length,
    oracle(_ops, worker): Oracle {
      const a = worker < 0 ? mean : at[worker]!;
      const rest = worker < 0 ? at.reduce((sum, b) => sum + (b - mean) ** 2, 0) / at.length / 2 : 0;
      return {
        dim: 1,
        rows: 0,
        gradient(x, g) {
          g.view[0] = x.view[0]! - a;
        },
        loss: (x) => (x.view[0]! - a) ** 2 / 2 + rest,
      };
    },
    shard: () => ({ name: "scattered" }),
    smoothness: () => ({ L: 1, Li: at.map(() => 1), mu: 1 }),
    optimum: () => Float64Array.of(mean),
  };
}

/** n = 6 workers with 10 rows each, d = 12: labels flipped here and there, lambda half of the losses' L. */
export function nonconvexLogistic(): Problem {
  const draws = random(5);
  const data = makeClassification({ rows: 60, features: 12, flip: 0.1 }, draws);
  const parts = contiguous(60, 6, permutation(60, draws));
  const spec = { name: "logistic-nonconvex", lambda: { relative: 0.5 } };
  return createProblem(spec, { workers: 6, data, rows: parts, random: draws });
}
