import { describe, expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { diana } from "../../src/methods/diana.ts";
import { type EfBvOptions, efBv } from "../../src/methods/ef-bv.ts";
import { ef21 } from "../../src/methods/ef21.ts";
import { createProx } from "../../src/prox/index.ts";
import { optimumOf } from "../../src/run/evaluator.ts";
import { build, distance2 } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";

const start = new Float64Array(12).fill(3);
const method = efBv as Method;

testMethod(method, {
  slots: { gradient: "top-k-dithering:k=4,s=3" },
  descent: (run) => run.options.gamma,
  linear: {
    "rand-k": { slots: { gradient: "rand-k:k=6" }, rounds: 2500 },
    "biased-rand-k": { slots: { gradient: "biased-rand-k:k=6" }, rounds: 2500 },
    "top-k": { slots: { gradient: "top-k:k=6" }, rounds: 1500 },
  },
});

describe("ef-bv: the Lyapunov function falls as theory says", () => {
  test.each(["rand-k:k=4", "biased-rand-k:k=4", "top-k:k=4", "residual:first=(top-k:k=2),second=(biased-rand-k:k=3)"])(
    "%s",
    async (gradient) => {
      const problem = small();
      const optimum = problem.optimum();
      await averageBelow(
        { method, problem, slots: { gradient }, start },
        120,
        (run, { x, state, gradient: grad, loss }) => {
          const { gamma, rAv, r, s } = constants(run);
          const errors = Array.from({ length: run.n }, (_, i) => distance2(state(i, "g"), grad(i, x)));
          return loss(x) - loss(optimum) + ((gamma * rAv) / (2 * s * (1 + s) * r)) * mean(errors);
        },
        (run, k, first) => {
          const { gamma, r } = constants(run);
          return Math.max(1 - gamma * run.facts.mu, (1 + r) / 2) ** k * first;
        },
      );
    },
  );
});

function constants({ options, facts, n }: ReturnType<typeof build>) {
  const { gamma, lambda, nu } = options as EfBvOptions;
  const { eta, variance } = facts.constants("gradient")[0]!;
  const e = 1 - eta!;
  const r = (1 - lambda * e) ** 2 + lambda ** 2 * variance!;
  const rAv = (1 - nu * e) ** 2 + (nu ** 2 * variance!) / n;
  return { gamma, r, rAv, s: Math.sqrt((1 + r) / (2 * r)) - 1 };
}

test("ef-bv: with a deterministic C it is ef21, bit for bit; its step is theory's for that", async () => {
  const base = { problem: small(), start, slots: { gradient: "top-k:k=5" } };
  const own = build({ ...base, method });
  const { lambda, nu, gamma } = own.options as EfBvOptions;
  expect([lambda, nu]).toEqual([1, 1]);
  const other = build({ ...base, method: ef21 as Method, options: { gamma } });
  for (let block = 0; block < 10; ++block) {
    await Promise.all([own.play(20), other.play(20)]);
    expect(await own.x()).toEqual(await other.x());
  }
  expect(own.server.ledger.uplinkBits).toBe(other.server.ledger.uplinkBits);
});

test("ef-bv: with eta = 0, nu = 1, lambda = alpha it is diana, bit for bit", async () => {
  const base = { problem: small(), start, slots: { gradient: "rand-k:k=4" }, options: { gamma: 0.05 } };
  for (const resync of [false, true]) {
    const other = build({ ...base, method: diana as Method, resync });
    const { alpha } = other.options as unknown as { alpha: number };
    const own = build({ ...base, method, options: { gamma: 0.05, nu: 1, lambda: alpha }, resync });
    for (let block = 0; block < 10; ++block) {
      await Promise.all([own.play(20), other.play(20)]);
      expect(await own.x()).toEqual(await other.x());
    }
  }
});

test("ef-bv: constants by default, without loss, and without a bound", () => {
  const base = { method, problem: small() };
  const unbiased = build({ ...base, slots: { gradient: "rand-k:k=4" } });
  const { lambda, nu } = unbiased.options as EfBvOptions;
  expect(lambda).toBeCloseTo(1 / 3, 14);
  expect(nu).toBeCloseTo(1 / (1 + 2 / 6), 14);
  const exact = build({ ...base, slots: { gradient: "identity" } });
  expect(exact.options.gamma).toBeCloseTo(1 / exact.facts.L, 14);
  expect(() => build({ ...base, slots: { gradient: "raw-sign" } })).toThrow(/ef-bv: theory gives no step size here/);
  expect(() => build({ ...base, slots: { gradient: "identity" }, options: { nu: 2 } })).toThrow(
    /ef-bv: nu must be in \(0, 1\], got 2/,
  );
});

test("ef-bv: nu = lambda is no case of its own: next to it the iterates are next to each other", async () => {
  const base = { method, problem: small(), start, slots: { gradient: "rand-k:k=4" } };
  for (const resync of [false, true]) {
    const [equal, near] = [0.25, 0.25 * (1 + 2 ** -40)].map((nu) =>
      build({ ...base, resync, options: { gamma: 0.05, lambda: 0.25, nu } }),
    );
    await Promise.all([equal!.play(60), near!.play(60)]);
    const [x, y] = [await equal!.x(), await near!.x()];
    expect(distance2(x, y)).toBeGreaterThan(0);
    expect(Math.sqrt(distance2(x, y))).toBeLessThan(1e-9);
  }
});

test("ef-bv, psi = 1.5|x|_1: the Lyapunov function of estimates.ts falls as it should", async () => {
  const problem = small();
  const prox = "l1:lambda=1.5";
  const optimum = optimumOf(problem, createProx(prox));
  const psi = (x: Float64Array) => 1.5 * x.reduce((sum, v) => sum + Math.abs(v), 0);
  await averageBelow(
    { method, problem, slots: { gradient: "rand-k:k=4" }, start, prox },
    120,
    (run, { x, state, gradient, loss }) => {
      const { gamma, rAv, r, s } = constants(run);
      const errors = Array.from({ length: run.n }, (_, i) => distance2(state(i, "g"), gradient(i, x)));
      const gap = loss(x) + psi(x) - loss(optimum) - psi(optimum);
      return (1 + (gamma * run.facts.mu) / 9) * gap + ((11 * gamma * rAv) / (18 * s * (1 + s) * r)) * mean(errors);
    },
    (run, k, first) => {
      const { gamma, r } = constants(run);
      return Math.max(1 / (1 + (gamma * run.facts.mu) / 9), (1 + r) / 2) ** k * first;
    },
  );
});
