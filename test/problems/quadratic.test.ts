import { describe, expect, test } from "vitest";
import { createProblem, problems } from "../../src/problems/index.ts";
import { hessianOf, host, jacobi, stream, testProblem } from "./conformance.ts";

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

test("every problem is registered under its name, with its options in words", () => {
  for (const [name, factory] of Object.entries(problems)) {
    expect(factory.name).toBe(name);
    expect(factory.summary.length).toBeGreaterThan(20);
    for (const line of [...Object.values(factory.options), ...Object.values(factory.readings)])
      expect(line).not.toMatch(/\n/);
  }
});
