/** Averages of iterates: what they are, and f(average) - f* = O(1/K) without strong convexity. */
import { expect, test } from "vitest";
import type { Problem } from "../../src/core/contracts.ts";
import { methods } from "../../src/methods/index.ts";
import { quadratic as factory, QuadraticProblem } from "../../src/problems/quadratic.ts";
import { mean, optimalShifts } from "../methods/conformance.ts";
import { quadratic } from "../methods/problems.ts";
import { build, distance2, type RunSettings, squares } from "./harness.ts";

const [n, d] = [6, 12];
/** Diagonal quadratics around different minimisers, the last two eigenvalues 0: mu = 0, and f* is attained. */
const flat = flatQuadratic();

function flatQuadratic(): Problem {
  const columns = Uint32Array.from({ length: d }, (_, j) => j);
  const rowStart = Uint32Array.from({ length: d + 1 }, (_, j) => j);
  const shards = Array.from({ length: n }, (_, i) => {
    const values = Float64Array.from(columns, (j) => (j >= d - 2 ? 0 : 0.5 ** j * (3 + Math.sin(i + j))));
    const centre = Float64Array.from(columns, (j) => Math.cos(3 * i + j));
    const labels = values.map((v, j) => v * centre[j]!);
    const constant = values.reduce((sum, v, j) => sum + (v * centre[j]! ** 2) / 2, 0);
    return {
      name: "quadratic",
      matrix: { kind: "csr" as const, rows: d, cols: d, rowStart, columns, values, labels },
      constant,
    };
  });
  return new QuadraticProblem(
    factory,
    shards,
    shards.map(({ matrix }) => Math.max(...matrix.values)),
  );
}

const gap = (problem: Problem, x: Float64Array): number => {
  const { ops } = build({ method: methods.dgd!, problem });
  const oracle = problem.oracle(ops, -1);
  return oracle.loss(ops.from(x)) - oracle.loss(ops.from(problem.optimum()));
};

const start = Float64Array.from({ length: d }, (_, j) => 3 * Math.sin(1 + j));
/** The minimiser that theory's distances are to: the nearest one, equal to x^0 where f is flat. */
const nearest = flat.optimum().map((v, j) => (j >= d - 2 ? start[j]! : v));
const slots = { gradient: "rand-k:k=3" };

test("uniform: the mean of x^0..x^{K-1}; weighted: with q^-(k+1), q = 1 - gamma mu/2", async () => {
  for (const average of ["uniform", "weighted"] as const) {
    const problem = quadratic(n, d);
    const settings: RunSettings = { method: methods.diana!, problem, slots, start, average };
    const run = build(settings);
    expect(run.output()).toEqual(start);
    const q = average === "uniform" ? 1 : 1 - (run.options.gamma * run.facts.mu) / 2;
    const sum = new Float64Array(d);
    let weights = 0;
    for (let k = 0; k < 30; ++k) {
      const x = await run.x();
      weights += q ** -(k + 1);
      x.forEach((v, j) => {
        sum[j]! += q ** -(k + 1) * v;
      });
      await run.play(1);
      expect(
        distance2(
          run.output(),
          sum.map((v) => v / weights),
        ),
      ).toBeLessThan(1e-26 * squares(start));
    }
    const plain = build({ ...settings, average: undefined });
    await plain.play(30);
    expect(await plain.x()).toEqual(await run.x()); // the average changes nothing but the output
    expect(plain.output()).toEqual(await plain.x());
  }
});

test("a checkpoint holds the average", async () => {
  const settings: RunSettings = {
    method: methods.diana!,
    problem: flat,
    slots,
    start,
    average: "uniform",
    participation: 0.5,
  };
  const whole = build(settings);
  await whole.play(13);
  const saved = structuredClone(await whole.rounds.snapshot());
  await whole.play(9);
  const resumed = build(settings);
  await resumed.play(2);
  await resumed.rounds.restore(saved);
  await resumed.play(9);
  expect(resumed.output()).toEqual(whole.output());
});

/** Mean of f(average) - f* over seeds, after K rounds. */
async function gapOfAverage(settings: RunSettings, K: number): Promise<number> {
  const gaps: number[] = [];
  for (let seed = 1; seed <= 12; ++seed) {
    const run = build({ ...settings, seed });
    await run.play(K);
    gaps.push(gap(flat, run.output()));
  }
  return mean(gaps);
}

// |x+ - x*|^2 <= |x - x*|^2 - 2 gamma (1 - gamma A)(f - f*) + gamma^2 D in expectation, A the variance's share of 1/gamma
const cases: Record<string, (run: ReturnType<typeof build>, K: number) => number> = {
  dgd: ({ options: { gamma } }, K) => distance2(start, nearest) / (2 * gamma * K),
  dcgd: ({ options: { gamma }, facts: { L } }, K) => {
    const D = (2 / n) * 3 * mean(optimalShifts(flat).map(squares));
    return (distance2(start, nearest) / (gamma * K) + gamma * D) / (2 * gamma * L);
  },
  diana: ({ options, facts: { Lmax } }, K) => {
    const { gamma, alpha } = options as typeof options & { alpha: number };
    const V = distance2(start, nearest) + (12 / (n * alpha)) * gamma ** 2 * mean(optimalShifts(flat).map(squares));
    return V / (2 * gamma * gamma * Lmax * K);
  },
};

for (const [name, bound] of Object.entries(cases)) {
  test(`${name}: f(average) - f* is within theory's bound where mu = 0`, async () => {
    const settings: RunSettings = {
      method: methods[name]!,
      problem: flat,
      slots: name === "dgd" ? {} : slots,
      start,
      average: "uniform",
    };
    const run = build(settings);
    expect(run.facts.mu).toBe(0);
    const found: number[] = [];
    for (const K of [20, 80, 320]) {
      const value = await gapOfAverage(settings, K);
      expect(value).toBeLessThan(bound(run, K));
      expect(value).toBeGreaterThan(1e-3 * bound(run, K));
      found.push(value);
    }
    // O(1/K): a fourth after four times as many rounds, or better while the fast directions die out
    if (name !== "dcgd") expect(found[2]! / found[1]!).toBeLessThan(0.35);
  });
}

test("weights need strong convexity, an average needs rounds", () => {
  expect(() => build({ method: methods.dgd!, problem: flat, average: "weighted" })).toThrow(
    /experiment.average: "weighted" needs a strongly convex problem/,
  );
  expect(() => build({ method: methods.gossip!, problem: flat, average: "uniform" })).toThrow(
    /average: gossip has no rounds/,
  );
});
