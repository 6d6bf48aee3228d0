import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { diana } from "../../src/methods/diana.ts";
import { efBv } from "../../src/methods/ef-bv.ts";
import { type MuranaOptions, murana } from "../../src/methods/murana.ts";
import { createProx } from "../../src/prox/index.ts";
import { optimumOf } from "../../src/run/evaluator.ts";
import { build, distance2, type RunSettings } from "../run/harness.ts";
import { averageBelow, mean, optimalShifts, small, testMethod } from "./conformance.ts";

const two = { gradient: "rand-k:k=3", shift: "natural" };
testMethod(murana, {
  slots: two,
  descent: (run) => run.options.gamma,
  linear: {
    "one message": { slots: { gradient: "rand-k:k=3" }, rounds: 900 },
    "two messages": { slots: two, rounds: 900 },
    "workers that take part at random": { slots: { gradient: "bernoulli:p=0.3" }, rounds: 1000 },
  },
});

const problem = small();
const optimum = problem.optimum();

test.each([false, true])("murana: with R = U and rho = 1 it is diana bit for bit, resync %s", async (resync) => {
  const settings = { problem, slots: { gradient: "rand-k:k=3" }, resync };
  const own = build({ method: murana, options: { gamma: 0.03, lambda: 0.2 }, ...settings });
  const other = build({ method: diana, options: { gamma: 0.03, alpha: 0.2 }, ...settings });
  await own.play(60);
  await other.play(60);
  expect(await own.x()).toEqual(await other.x());
  expect(own.server.ledger.uplinkBits).toBe(other.server.ledger.uplinkBits);
});

test("murana: the shift learns from U's message, the step from R's", async () => {
  const run = build({ method: murana, problem, slots: two });
  const { lambda } = run.options as MuranaOptions;
  expect(lambda).toBeCloseTo(1 / (1 + 1 / 8), 14); // natural's omega, not rand-k's
  await run.play(20);
  await run.rounds.snapshot();
  const h = run.rounds.state.vec("h").view;
  const workers = run.network.hosts.map((host) => Float64Array.from(host.state.vec("h").view));
  for (const [j, v] of h.entries()) expect(v).toBeCloseTo(mean(workers.map((of) => of[j]!)), 12);
});

for (const [label, slots, options] of [
  ["rho = 1", two, {}],
  ["rho = 1, lambda below 1/(1 + omega)", { gradient: "rand-k:k=4" }, { lambda: 0.15 }],
] as const) {
  test(`murana, ${label}: the Lyapunov function falls as theory says`, async () => {
    const best = optimalShifts(problem);
    const settings: RunSettings = { method: murana, problem, slots, options, start: new Float64Array(12).fill(3) };
    await averageBelow(
      settings,
      100,
      (run, { x, state }) => {
        const { gamma, lambda } = run.options as MuranaOptions;
        const M = (2 * (1 + Math.SQRT1_2) * run.facts.omega("gradient")[0]!) / (run.n * lambda);
        return distance2(x, optimum) + M * gamma ** 2 * mean(best.map((h, i) => distance2(state(i, "h"), h)));
      },
      ({ options, facts: { mu } }, k, first) => {
        const { gamma, lambda } = options as MuranaOptions;
        return Math.max(1 - gamma * mu, 1 - lambda / 2) ** k * first;
      },
    );
  });
}

test("murana, rho = 0.6: the Lyapunov function of the biased step falls as theory says, and it is linear", async () => {
  const least = (run: { ops: ReturnType<typeof build>["ops"] }) =>
    problem.oracle(run.ops, -1).loss(run.ops.from(optimum));
  const start = new Float64Array(12).fill(3);
  const settings: RunSettings = { method: murana, problem, slots: two, options: { rho: 0.6 }, start };
  const r = (lambda: number) => (1 - lambda) ** 2 + lambda ** 2 / 8;
  await averageBelow(
    settings,
    100,
    (run, { x, state, gradient, loss }) => {
      const { gamma, lambda, rho } = run.options as MuranaOptions;
      const s = Math.sqrt((1 + r(lambda)) / (2 * r(lambda))) - 1;
      const average = (1 - rho) ** 2 + (rho ** 2 * 3) / run.n;
      const G = mean(Array.from({ length: run.n }, (_, i) => distance2(gradient(i, x), state(i, "h"))));
      return loss(x) - least(run) + ((gamma * average) / (2 * r(lambda) * s * (1 + s))) * G;
    },
    ({ options, facts: { mu } }, k, first) => {
      const { gamma, lambda } = options as MuranaOptions;
      return Math.max(1 - gamma * mu, (1 + r(lambda)) / 2) ** k * first;
    },
  );
  const run = build(settings);
  await run.play(1500);
  expect(distance2(await run.x(), optimum) / distance2(start, optimum)).toBeLessThan(1e-20);
});

test.each([0.5, { independent: 0.4 }])(
  "murana: with %o of the workers a round it stays linear",
  async (participation) => {
    const run = build({ method: murana, problem, slots: two, participation });
    await run.play(2500);
    expect(distance2(await run.x(), optimum) / distance2(run.start, optimum)).toBeLessThan(1e-20);
  },
);

test("murana: with psi = 4 |x|_1 it is linear to the minimiser of f + psi, and that is another", async () => {
  const prox = "l1:lambda=4";
  const run = build({ method: murana, problem, slots: two, prox });
  const best = optimumOf(problem, createProx(prox));
  expect(distance2(best, optimum)).toBeGreaterThan(1);
  await run.play(1200);
  expect(distance2(await run.x(), best) / distance2(run.start, best)).toBeLessThan(1e-20);
});

test("murana, rho < 1: with R = U it has ef-bv's step for lambda and nu = rho, and with psi its proof", async () => {
  const options = { lambda: 0.2, rho: 0.5 };
  for (const prox of [undefined, "l1:lambda=4"]) {
    const settings = { problem, slots: { gradient: "rand-k:k=3" }, ...(prox && { prox }) };
    const own = build({ method: murana, options, ...settings });
    const other = build({ method: efBv as Method, options: { lambda: 0.2, nu: 0.5 }, ...settings });
    expect(own.options).toMatchObject({ gamma: other.options.gamma, formula: other.options.formula });
    await Promise.all([own.play(40), other.play(40)]);
    expect(await own.x()).toEqual(await other.x());
  }
});

test("murana, rho = 0.6, psi = 1.5 |x|_1: the Lyapunov function of estimates.ts falls as it should", async () => {
  const prox = createProx("l1:lambda=1.5");
  const best = optimumOf(problem, prox);
  const start = new Float64Array(12).fill(3);
  const settings: RunSettings = { method: murana, problem, slots: two, options: { rho: 0.6 }, start, prox: prox.spec };
  const value = (x: Float64Array) => 1.5 * x.reduce((sum, v) => sum + Math.abs(v), 0);
  const constants = ({ options, facts, n }: ReturnType<typeof build>) => {
    const { gamma, lambda, rho } = options as MuranaOptions;
    const r = (1 - lambda) ** 2 + lambda ** 2 / 8;
    const s = Math.sqrt((1 + r) / (2 * r)) - 1;
    return { gamma, r, s, average: (1 - rho) ** 2 + (rho ** 2 * 3) / n, growth: 1 + (gamma * facts.mu) / 9 };
  };
  await averageBelow(
    settings,
    100,
    (run, { x, state, gradient, loss }) => {
      const { gamma, r, s, average, growth } = constants(run);
      const H = mean(Array.from({ length: run.n }, (_, i) => distance2(gradient(i, x), state(i, "h"))));
      const gap = loss(x) + value(x) - loss(best) - value(best);
      return growth * gap + ((11 / 18) * gamma * average * H) / (s * (1 + s) * r);
    },
    (run, k, first) => {
      const { r, growth } = constants(run);
      return Math.max(1 / growth, (1 + r) / 2) ** k * first;
    },
  );
});

test("murana: options have their ranges", () => {
  const at = (options: object) => () => build({ method: murana, problem, slots: two, options: { ...options } });
  expect(at({ lambda: 0.95 })).toThrow(/murana: lambda must be in \(0, 0.88\d+\], got 0.95/);
  expect(at({ rho: 1.5 })).toThrow("murana: rho must be in (0, 1], got 1.5");
});
