import { expect, test } from "vitest";
import { makeClassification } from "../../src/data/generators.ts";
import { toDense } from "../../src/data/matrix.ts";
import { createProblem } from "../../src/problems/index.ts";
import { logisticNonconvex } from "../../src/problems/logistic-nonconvex.ts";
import { context, hessianOf, host, jacobi, stream, testProblem } from "./conformance.ts";

const data = makeClassification({ rows: 60, features: 12, flip: 0.1 }, stream(3));
const sparse = makeClassification({ rows: 50, features: 41, density: 0.15, flip: 0.1 }, stream(5));
const make = (lambda: unknown, of = data, sizes = [10, 30, 20]) =>
  logisticNonconvex.create({ lambda }, context(of, sizes));

testProblem("logistic-nonconvex (unequal rows)", () => make(0.1));
testProblem("logistic-nonconvex (sparse, strong)", () => make({ relative: 2 }, sparse, [25, 25]), { radius: 0.5 });

test("logistic-nonconvex: L is reached at 0, and curvature falls to -lambda/2 where the losses are flat", () => {
  const lambda = 0.3;
  const problem = make(lambda);
  const ops = host();
  const { L, Li, mu } = problem.smoothness();
  const top = (worker: number) => jacobi(hessianOf(ops, problem.oracle(ops, worker), new Float64Array(12)), 12).at(-1)!;
  expect(Math.abs(top(-1) / L - 1)).toBeLessThan(1e-12);
  Li.forEach((l, i) => {
    expect(Math.abs(top(i) / l - 1)).toBeLessThan(1e-12);
  });
  expect(mu).toBe(0);
  const flat = { ...toDense(data), values: new Float64Array(60 * 12) };
  const alone = make(lambda, flat);
  const spectrum = jacobi(hessianOf(ops, alone.oracle(ops, -1), new Float64Array(12).fill(1)), 12);
  expect(spectrum[0]).toBeCloseTo(-lambda / 2, 14);
});

test("logistic-nonconvex: lambda = 0 is logistic regression without a regulariser", () => {
  const ops = host();
  const [a, b] = [make(0), createProblem({ name: "logistic" }, context(data, [10, 30, 20]))];
  expect(a.smoothness()).toEqual(b.smoothness());
  const x = ops.from(Float64Array.from({ length: 12 }, (_, j) => Math.sin(j)));
  const [g, k] = [ops.vec(12), ops.vec(12)];
  a.oracle(ops, -1).gradient(x, g);
  b.oracle(ops, -1).gradient(x, k);
  expect(g.view).toEqual(k.view);
});
