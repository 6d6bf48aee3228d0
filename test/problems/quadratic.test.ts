import { describe, expect, test } from "vitest";
import { createProblem, problems } from "../../src/problems/index.ts";
import { distance, gradientOf, hessianOf, host, jacobi, stream, testProblem } from "./conformance.ts";

const make = (spec: object, workers = 3) =>
  createProblem({ name: "quadratic", ...spec }, { workers, random: stream(2) });

describe("quadratic", () => {
  testProblem("quadratic (rotated)", () => make({ dim: 15, mu: 0.5, L: [10, 20, 5] }));
  testProblem("quadratic (diagonal)", () => make({ dim: 15, rotate: false }));
  testProblem("quadratic (one dimension)", () => make({ dim: 1, mu: 2, L: 3 }, 1));

  test("spectra are as asked, and mean constants are those of the mean matrix", () => {
    const ops = host();
    for (const rotate of [true, false]) {
      const problem = make({ dim: 9, mu: 0.5, L: [10, 20, 5], rotate });
      const { L, Li, mu } = problem.smoothness();
      expect(Li).toEqual([10, 20, 5]);
      const values = jacobi(hessianOf(ops, problem.oracle(ops, -1), new Float64Array(9)), 9);
      expect(L).toBeCloseTo(values.at(-1)!, 12);
      expect(mu).toBeCloseTo(values[0]!, 12);
      const own = jacobi(hessianOf(ops, problem.oracle(ops, 1), new Float64Array(9)), 9);
      expect([own[0], own.at(-1)]).toEqual([expect.closeTo(0.5, 12), expect.closeTo(20, 12)]);
    }
  });

  test("wrong options are refused", () => {
    expect(() => make({ dim: 0 })).toThrow("quadratic: dim must be an integer >= 1, got 0");
    expect(() => make({ mu: -1 })).toThrow("quadratic: mu must be a number >= 0, got -1");
    expect(() => make({ L: "ten" })).toThrow(/L must be a number or an array/);
    expect(() => make({ mu: 3, L: 2 })).toThrow(RangeError);
    expect(() => make({ rotate: 1 })).toThrow(/rotate must be true or false/);
  });
});

describe("counter-example", () => {
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
    expect(distance(gradientOf(ops, problem.oracle(ops, -1), problem.start!), [7 / 3, 7 / 3, 7 / 3])).toBeLessThan(
      1e-14,
    );
  });

  test("wrong options are refused", () => {
    expect(() => example(0)).toThrow("counter-example: t must not be 0, got 0");
    expect(() => createProblem({ name: "counter-example" }, { workers: 4, random: stream(1) })).toThrow(
      /workers must be 3, got 4/,
    );
  });
});

test("every problem is registered under its name, with its options in words", () => {
  for (const [name, factory] of Object.entries(problems)) {
    expect(factory.name).toBe(name);
    expect(factory.summary.length).toBeGreaterThan(20);
    for (const line of [...Object.values(factory.options), ...Object.values(factory.readings)])
      expect(line).not.toMatch(/\n/);
  }
});
