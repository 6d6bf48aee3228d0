import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeClassification } from "../../src/data/generators.ts";
import { parseLibsvm } from "../../src/data/libsvm.ts";
import { type CsrData, type Data, toDense } from "../../src/data/matrix.ts";
import { split } from "../../src/data/split.ts";
import { createProblem } from "../../src/problems/index.ts";
import { conjugate, minimise } from "../../src/problems/newton.ts";
import type { RowsOracle } from "../../src/problems/rows.ts";
import { dataFolder } from "../data/support.ts";
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

const dense = (rows: number, features: number): Data => makeClassification({ rows, features, flip: 0.1 }, stream(3));
const sparse = (rows: number, features: number) =>
  makeClassification({ rows, features, density: 0.15, flip: 0.1 }, stream(5)) as CsrData;

describe("logistic", () => {
  const make = (data: Data, sizes: number[], lambda: number | { relative: number }) => () =>
    createProblem({ name: "logistic", lambda }, context(data, sizes));
  testProblem("logistic (unequal rows)", make(dense(60, 12), [10, 30, 20], 0.1));
  testProblem("logistic (sparse)", make(sparse(50, 41), [25, 25], 1e-3), { radius: 3 });
  testProblem("logistic (fewer rows than d)", make(dense(12, 30), [3, 4, 5], { relative: 0.01 }));
  testProblem("logistic (d = 1)", make(dense(9, 1), [9], 0.2), { radius: 10 });

  test("L and L_i are a quarter of the weighted Gram matrix's largest eigenvalue, plus lambda; mu is lambda", () => {
    const data = toDense(sparse(50, 41));
    const sizes = [20, 30];
    const { L, Li, mu } = createProblem({ name: "logistic", lambda: 0.1 }, context(data, sizes)).smoothness();
    const gram = (from: number, to: number, weight: number, out: Float64Array) => {
      for (let r = from; r < to; ++r)
        for (let i = 0; i < 41; ++i)
          for (let j = 0; j < 41; ++j)
            out[i * 41 + j]! += (weight / 4) * data.values[r * 41 + i]! * data.values[r * 41 + j]!;
      return out;
    };
    const top = (m: Float64Array) => jacobi(m, 41).at(-1)! + 0.1;
    const zeros = () => new Float64Array(41 * 41);
    expect(Math.abs(Li[0]! / top(gram(0, 20, 1 / 20, zeros())) - 1)).toBeLessThan(1e-12);
    expect(Math.abs(Li[1]! / top(gram(20, 50, 1 / 30, zeros())) - 1)).toBeLessThan(1e-12);
    expect(Math.abs(L / top(gram(20, 50, 1 / 60, gram(0, 20, 1 / 40, zeros()))) - 1)).toBeLessThan(1e-12);
    expect(mu).toBe(0.1);
  });

  test("CSR and dense agree to 1e-12", () => {
    const data = sparse(50, 41);
    const ops = host();
    const x = normals(41, 7);
    const [a, b] = [data, toDense(data)].map((d) =>
      createProblem({ name: "logistic", lambda: 0.1, storage: "given" }, context(d, [20, 30])),
    );
    const [p, q] = [a!.oracle(ops, -1), b!.oracle(ops, -1)];
    expect(distance(gradientOf(ops, p, x), gradientOf(ops, q, x))).toBeLessThan(1e-12);
    expect(distance(hessianOf(ops, p, x), hessianOf(ops, q, x))).toBeLessThan(1e-12);
    expect(distance(a!.optimum(), b!.optimum())).toBeLessThan(1e-12);
  });

  test("two labels of any value are taken, the larger as +1", () => {
    const data = dense(30, 4);
    const other = { ...data, labels: data.labels.map((y) => (y > 0 ? 2 : 1)) };
    const [a, b] = [data, other].map((d) => createProblem({ name: "logistic", lambda: 0.1 }, context(d, [30])));
    expect(b!.optimum()).toEqual(a!.optimum());
    const three = { ...data, labels: data.labels.map((_, i) => i % 3) };
    expect(() => createProblem({ name: "logistic" }, context(three, [30]))).toThrow(/two values/);
  });

  test("above 2048 features the optimum comes from conjugate gradients", () => {
    const data = makeClassification({ rows: 300, features: 3000, density: 0.01, flip: 0.1 }, stream(6));
    const problem = createProblem({ name: "logistic", lambda: { relative: 1e-3 } }, context(data, [100, 200]));
    const ops = host();
    const x = problem.optimum();
    const g = norm(gradientOf(ops, problem.oracle(ops, -1), x));
    const zero = norm(gradientOf(ops, problem.oracle(ops, -1), new Float64Array(3000)));
    expect(g).toBeLessThan(1e-15 * (problem.smoothness().L * norm(x) + zero));
  });

  test("Newton steps by factors and by conjugate gradients find the same optimum", () => {
    const problem = createProblem({ name: "logistic", lambda: 0.01 }, context(dense(60, 12), [20, 40]));
    const ops = host();
    const oracle = problem.oracle(ops, -1) as RowsOracle;
    const other = minimise("test", ops, oracle, false, conjugate(ops, oracle.hessianProducts(), 12));
    expect(distance(other, problem.optimum())).toBeLessThan(1e-13 * norm(other));
  });

  test("separable rows without a regulariser have no optimum, and it is said", () => {
    const data = makeClassification({ rows: 6, features: 12, separation: 3 }, stream(3));
    const problem = createProblem({ name: "logistic" }, context(data, [6]));
    expect(() => problem.optimum()).toThrow(/no minimiser/);
  });
});

describe.skipIf(!dataFolder)(`a9a${dataFolder ? "" : " (skipped: no data folder)"}`, () => {
  test("d = 123, n = 20, lambda = 0.1: constants, optimum, times", () => {
    const started = performance.now();
    const data = parseLibsvm(readFileSync(join(dataFolder!, "a9a")), { features: 123 });
    const loaded = performance.now();
    const rows = split(data, 20, "even", stream(1));
    const create = () =>
      createProblem({ name: "logistic", lambda: 0.1 }, { workers: 20, random: stream(1), data, rows });
    const problem = create();
    const at = [performance.now()];
    const { L, Li, mu } = problem.smoothness();
    at.push(performance.now());
    const x = problem.optimum();
    at.push(performance.now());
    const ops = host();
    const oracle = problem.oracle(ops, -1);
    at.push(performance.now());
    const [from, g] = [ops.from(x), ops.vec(123)];
    const times = Array.from({ length: 20 }, () => {
      const begin = performance.now();
      oracle.gradient(from, g);
      return performance.now() - begin;
    });
    expect(problem.dim).toBe(123);
    // spec: sigma_max(A)^2 / (4 N) = 1.5722 for the first 32000 rows; all 32561 differ in the third digit at most
    expect(Math.abs(L - 0.1 - 1.5722)).toBeLessThan(0.005);
    expect(mu).toBe(0.1);
    expect(Math.min(...Li)).toBeGreaterThan(1.5);
    expect(norm(g.view)).toBeLessThan(1e-15 * (L * norm(x) + 1));
    expect(create().optimum()).toEqual(x);
    const ms = (a: number, b: number) => `${(b - a).toFixed(1)} ms`;
    console.log(
      `a9a: load ${ms(started, loaded)}, smoothness ${ms(at[0]!, at[1]!)}, optimum ${ms(at[1]!, at[2]!)}, oracle of all rows ${ms(at[2]!, at[3]!)}, ` +
        `gradient of all rows ${Math.min(...times).toFixed(2)} ms; L ${L}, |grad| at the optimum ${norm(g.view)}`,
    );
  });
});
