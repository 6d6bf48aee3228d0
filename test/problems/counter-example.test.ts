import { expect, test } from "vitest";
import { createProblem } from "../../src/problems/index.ts";
import { distance, gradientOf, hessianOf, host, jacobi, stream, testProblem } from "./conformance.ts";

const example = (t = 1) => createProblem({ name: "counter-example", t }, { workers: 3, random: stream(2) });
testProblem("counter-example", () => example());

test("its numbers", () => {
  const problem = example(2);
  const { L, Li, mu } = problem.smoothness();
  expect(Li).toEqual([34.5, 34.5, 34.5]);
  expect([L, mu]).toEqual([103 / 6, 7 / 6]);
  expect(problem.start).toEqual(Float64Array.of(2, 2, 2));
  expect(problem.optimum()).toEqual(new Float64Array(3));
  const ops = host();
  // gradients at (t, t, t) are t/2 (-11, 9, 9) and its rotations: exact
  for (const [i, expected] of [
    [-11, 9, 9],
    [9, -11, 9],
    [9, 9, -11],
  ].entries()) {
    expect(gradientOf(ops, problem.oracle(ops, i), problem.start!)).toEqual(Float64Array.from(expected));
    expect(jacobi(hessianOf(ops, problem.oracle(ops, i), problem.start!), 3).at(-1)).toBeCloseTo(34.5, 12);
  }
  const values = jacobi(hessianOf(ops, problem.oracle(ops, -1), problem.start!), 3);
  expect(distance(values, [7 / 6, 103 / 6, 103 / 6])).toBeLessThan(1e-13);
  expect(distance(gradientOf(ops, problem.oracle(ops, -1), problem.start!), [7 / 3, 7 / 3, 7 / 3])).toBeLessThan(1e-14);
});

test("wrong options are refused", () => {
  expect(() => example(0)).toThrow("counter-example: t must not be 0, got 0");
  expect(() => createProblem({ name: "counter-example" }, { workers: 4, random: stream(1) })).toThrow(
    /workers must be 3, got 4/,
  );
});
