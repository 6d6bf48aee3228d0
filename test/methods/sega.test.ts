import { expect, test } from "vitest";
import type { Problem } from "../../src/core/contracts.ts";
import { type DianaOptions, diana } from "../../src/methods/diana.ts";
import { sega } from "../../src/methods/sega.ts";
import { build, distance2, type RunSettings } from "../run/harness.ts";
import { averageBelow, mean, optimalShifts, small, testMethod } from "./conformance.ts";
import { quadratic } from "./problems.ts";

const slots = { gradient: "rand-k:k=1" };
testMethod(sega, {
  slots,
  descent: (run) => run.options.gamma,
  linear: {
    "one coordinate": { slots, rounds: 2500 },
    "blocks of four": { slots: { gradient: "rand-seq-k:k=4" }, rounds: 900 },
  },
});

const one = (): Problem => quadratic(1, 12, { mu: 1, L: 6, seed: 3 });

test("sega: on one node theory's step is a little above 1/(6 d L), and linear", async () => {
  const problem = one();
  const run = build({ method: sega, problem, slots });
  const { L } = problem.smoothness();
  expect(run.options.gamma * 6 * 12 * L).toBeGreaterThan(1);
  expect(run.options.gamma * 6 * 12 * L).toBeLessThan(1.2);
  for (const gamma of [run.options.gamma, 1 / (6 * 12 * L)]) {
    const slow = build({ method: sega, problem, slots, options: { gamma } });
    await slow.play(22000);
    expect(distance2(await slow.x(), problem.optimum()) / distance2(slow.start, problem.optimum())).toBeLessThan(1e-20);
  }
});

test("sega: a message is a seed and the values, and its coordinates become the gradient's", async () => {
  const problem = small();
  const run = build({ method: sega, problem, slots: { gradient: "rand-k:k=2" } });
  await run.play(5);
  await run.rounds.snapshot();
  expect(run.server.ledger.uplinkBits).toBe(5 * 8 * (4 + 2 * 8));
  const before = run.network.hosts.map((host) => Float64Array.from(host.state.vec("h").view));
  const x = run.ops.from(await run.x());
  await run.play(1);
  await run.rounds.snapshot();
  run.network.hosts.forEach((host, i) => {
    const g = run.ops.vec(12);
    problem.oracle(run.ops, i).gradient(x, g);
    const h = host.state.vec("h").view;
    const changed = Array.from(h.keys()).filter((j) => h[j] !== before[i]![j]);
    expect(changed).toHaveLength(2);
    for (const j of changed) expect(h[j]! / g.view[j]!).toBeCloseTo(1, 13);
  });
});

test("sega: with equal steps it is diana bit for bit", async () => {
  const settings = { problem: small(), slots: { gradient: "rand-k:k=3" }, options: { gamma: 0.02 } };
  const [own, other] = [build({ method: sega, ...settings }), build({ method: diana, ...settings })];
  await own.play(50);
  await other.play(50);
  expect(await own.x()).toEqual(await other.x());
});

test.each([
  ["one node", one(), "rand-k:k=2", 250],
  ["six workers", small(), "rand-k:k=1", 150],
] as const)("sega, %s: the Lyapunov function falls as theory says", async (_label, problem, gradient, rounds) => {
  const optimum = problem.optimum();
  const best = optimalShifts(problem);
  const settings: RunSettings = { method: sega, problem, slots: { gradient }, start: new Float64Array(12).fill(3) };
  await averageBelow(
    settings,
    rounds,
    ({ options: { gamma }, facts, n }, { x, state }) => {
      const omega = facts.omega("gradient")[0]!;
      const M = (2 * (1 + Math.SQRT1_2) * (1 + omega) * omega) / n;
      return distance2(x, optimum) + M * gamma ** 2 * mean(best.map((h, i) => distance2(state(i, "h"), h)));
    },
    ({ options, facts: { mu } }, k, first) => {
      const { gamma, alpha } = options as DianaOptions;
      return Math.max(1 - gamma * mu, 1 - alpha / 2) ** k * first;
    },
  );
});

test("sega: other compressors are no sketches", () => {
  expect(() => build({ method: sega, problem: small(), slots: { gradient: "natural" } })).toThrow(
    "sega: needs a sketch of random coordinates (rand-k, rand-seq-k), got natural",
  );
});
