/** Convex problems that are not strongly convex: which minimiser `optimum` is, and how far the set of them is. */
import { expect, test } from "vitest";
import type { Problem } from "../../src/core/contracts.ts";
import { makeClassification, makeRegression } from "../../src/data/generators.ts";
import { toDense } from "../../src/data/matrix.ts";
import { createProblem } from "../../src/problems/index.ts";
import {
  context,
  distance,
  gradientOf,
  hessianOf,
  host,
  jacobi,
  norm,
  normals,
  stream,
  testProblem,
} from "./conformance.ts";

/** Classification with column 0 once more as the last. */
const doubled = () => {
  const { rows, cols, values, labels } = toDense(makeClassification({ rows: 60, features: 9, flip: 0.2 }, stream(3)));
  const wide = new Float64Array(rows * (cols + 1));
  for (let r = 0; r < rows; ++r) {
    wide.set(values.subarray(r * cols, (r + 1) * cols), r * (cols + 1));
    wide[r * (cols + 1) + cols] = values[r * cols]!;
  }
  return { kind: "dense" as const, rows, cols: cols + 1, values: wide, labels };
};

const singular: [string, () => Problem, rank: number][] = [
  ["quadratic (diagonal, mu = 0)", () => quadratic({ dim: 12, mu: 0, L: 6, rotate: false }, 1), 11],
  ["quadratic (rotated, one worker, mu = 0)", () => quadratic({ dim: 12, mu: 0, L: 6 }, 1), 11],
  ["ridge (lambda = 0, fewer rows than d)", () => ridge(8, 12), 8],
  ["logistic (lambda = 0, a column twice)", () => createProblem({ name: "logistic" }, context(doubled(), [20, 40])), 9],
];

function quadratic(spec: object, workers: number): Problem {
  return createProblem({ name: "quadratic", ...spec }, { workers, random: stream(4) });
}

function ridge(rows: number, features: number): Problem {
  const data = makeRegression({ rows, features, informative: 5, noise: 2 }, stream(6));
  return createProblem({ name: "ridge" }, context(data, [rows / 2, rows / 2]));
}

for (const [label, make, rank] of singular) {
  testProblem(label, make);

  test(`${label}: mu is 0; the optimum has the least norm; distances are those to the nearest minimiser`, () => {
    const problem = make();
    const ops = host();
    const d = problem.dim;
    const whole = problem.oracle(ops, -1);
    const { L, mu } = problem.smoothness();
    expect(mu).toBe(0);
    const x = problem.optimum();
    const H = hessianOf(ops, whole, x);
    expect(jacobi(H, d).filter((v) => v > 1e-11 * L)).toHaveLength(rank);
    // v in null(H): moved there, x stays a minimiser, and becomes longer
    const v = normals(d, 9);
    const v0 = v.map((value, j) => value - projection(H, d, v)[j]!);
    expect(norm(v0)).toBeGreaterThan(0.1);
    const other = x.map((value, j) => value + 3 * v0[j]!);
    expect(norm(gradientOf(ops, whole, other))).toBeLessThan(1e-9 * L * (1 + norm(other)));
    expect(Math.abs(x.reduce((sum, value, j) => sum + value * v0[j]!, 0))).toBeLessThan(
      1e-9 * (1 + norm(x)) * norm(v0),
    );
    expect(problem.distance2!(other)).toBeLessThan(1e-18 * (1 + norm(other) ** 2));
    const away = other.map((value, j) => value + 0.5 * projection(H, d, v)[j]!);
    expect(problem.distance2!(away) / (0.25 * norm(projection(H, d, v)) ** 2)).toBeCloseTo(1, 9);
  });

  test(`${label}: gradient descent goes to the minimiser nearest to where it began`, () => {
    const problem = make();
    const ops = host();
    const whole = problem.oracle(ops, -1);
    const { L } = problem.smoothness();
    const [x, g] = [ops.from(normals(problem.dim, 5)), ops.vec(problem.dim)];
    const first = problem.distance2!(x.view);
    let before = first;
    for (let k = 0; k < 4000; ++k) {
      whole.gradient(x, g);
      ops.axpy(-1 / L, g, x);
      const now = problem.distance2!(x.view);
      expect(now).toBeLessThanOrEqual(before + 1e-18 * first);
      before = now;
    }
    expect(before).toBeLessThan(0.02 * first);
    expect(distance(x.view, problem.optimum())).toBeGreaterThan(0.01);
  });
}

test("a unique minimiser: distances are those to it", () => {
  for (const problem of [quadratic({ dim: 6, mu: 0.5, L: 3 }, 3), ridge(20, 6)]) {
    const x = normals(problem.dim, 8);
    expect(problem.distance2!(x)).toBeCloseTo(distance(x, problem.optimum()) ** 2, 12);
    expect(problem.smoothness().mu).toBeGreaterThan(0);
  }
});

/** The part of v in the range of H. */
function projection(H: Float64Array, d: number, v: Float64Array): Float64Array {
  // columns of H by modified Gram-Schmidt in another order than the library's
  const basis: Float64Array[] = [];
  for (let j = d - 1; j >= 0; --j) {
    const q = Float64Array.from({ length: d }, (_, i) => H[i * d + j]!);
    const before = norm(q);
    for (let pass = 0; pass < 2; ++pass) {
      for (const p of basis) {
        const c = p.reduce((sum, value, i) => sum + value * q[i]!, 0);
        p.forEach((value, i) => {
          q[i]! -= c * value;
        });
      }
    }
    const left = norm(q);
    if (left > 1e-9 * before) basis.push(q.map((value) => value / left));
  }
  const out = new Float64Array(d);
  for (const p of basis) {
    const c = p.reduce((sum, value, i) => sum + value * v[i]!, 0);
    p.forEach((value, i) => {
      out[i]! += c * value;
    });
  }
  return out;
}
