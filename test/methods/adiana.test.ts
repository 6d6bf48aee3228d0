import { expect, test } from "vitest";
import { type AdianaOptions, adiana } from "../../src/methods/adiana.ts";
import { diana } from "../../src/methods/diana.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";
import { quadratic } from "./problems.ts";

testMethod(adiana, {
  slots: { gradient: "rand-k:k=6" },
  linear: {
    "rand-k": { slots: { gradient: "rand-k:k=6" }, rounds: 2600 },
    "natural compression": { slots: { gradient: "natural" }, rounds: 600 },
  },
});

test("adiana: uncompressed it is accelerated gradient descent", async () => {
  const problem = small();
  const run = build({ method: adiana, problem, slots: { gradient: "identity" }, start: new Float64Array(12).fill(3) });
  const { gamma: eta, p } = run.options as AdianaOptions;
  const { L, mu } = run.facts;
  expect(eta).toBe(1 / (2 * L));
  expect(p).toBe(1);
  const theta = Math.min(1 / 4, Math.sqrt(eta * mu));
  const gamma = eta / (2 * (theta + eta * mu));
  const oracle = problem.oracle(run.ops, -1);
  const [at, g] = [run.ops.vec(12), run.ops.vec(12)];
  let [y, z, w] = [run.start.slice(), run.start.slice(), run.start.slice()];
  for (let round = 0; round < 60; ++round) {
    const x = y.map((v, j) => theta * z[j]! + 0.5 * w[j]! + (0.5 - theta) * v);
    at.view.set(x);
    oracle.gradient(at, g);
    const step = Float64Array.from(g.view);
    w = y;
    y = x.map((v, j) => v - eta * step[j]!);
    z = z.map((v, j) => (1 - gamma * mu) * v + gamma * mu * x[j]! - gamma * step[j]!);
    await run.play(1);
    expect(Math.sqrt(distance2(await run.x(), y) / squares(y))).toBeLessThan(1e-13);
  }
});

test("adiana: the Lyapunov function falls as theory says", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const omega = 1;
  await averageBelow(
    { method: adiana, problem, slots: { gradient: "rand-k:k=6" }, start: new Float64Array(12).fill(3) },
    150,
    ({ options, n, rounds, facts }, { state, gradient, loss }) => {
      const { gamma: eta, alpha, p, theta1, pull: gamma } = options as AdianaOptions;
      const beta = 1 - gamma * facts.mu;
      const at = (name: string) => Float64Array.from(rounds.state.vec(name).view);
      const w = at("w");
      const memory = mean(Array.from({ length: n }, (_, i) => omega * distance2(state(i, "h"), gradient(i, w))));
      const least = loss(optimum);
      return (
        distance2(at("z"), optimum) +
        ((2 * gamma * beta) / theta1) * (loss(at("x")) - least) +
        ((gamma * beta * (1 + theta1)) / (theta1 * p)) * (loss(w) - least) +
        ((8 * gamma * eta) / (theta1 * n * alpha)) * memory
      );
    },
    ({ options, facts }, k, first) => {
      const { alpha, p, theta1, pull: gamma } = options as AdianaOptions;
      const rates = [1 - gamma * facts.mu, 1 - theta1 / 2, 1 - (p * theta1) / (1 + theta1), 1 - alpha / 4];
      return Math.max(...rates) ** k * first;
    },
  );
});

test("adiana: faster than diana where the condition number is large and omega small against n", async () => {
  const problem = quadratic(20, 10, { mu: 1, L: 4000, seed: 5, rotate: false });
  const { L, mu } = problem.smoothness();
  expect(L / mu).toBeGreaterThan(1000);
  const optimum = problem.optimum();
  const start = new Float64Array(10).fill(5);
  const reached = async (method: typeof adiana | typeof diana): Promise<number> => {
    const run = build({ method: method as typeof diana, problem, start, slots: { gradient: "natural" } });
    await run.play(4000);
    return distance2(await run.x(), optimum) / distance2(start, optimum);
  };
  const [fast, slow] = [await reached(adiana), await reached(diana)];
  expect(fast).toBeLessThan(1e-6 * slow);
});

test("adiana: options have their ranges", () => {
  const base = { method: adiana, problem: small(), slots: { gradient: "rand-k:k=3" } };
  expect(() => build({ ...base, options: { p: 0 } })).toThrow("adiana: p must be in (0, 1], got 0");
  expect(() => build({ ...base, options: { alpha: 0.5 } })).toThrow("adiana: alpha must be in (0, 0.25], got 0.5");
  const { facts } = build(base);
  expect(() => adiana.resolve({}, { ...facts, mu: 0 })).toThrow("adiana: mu must be above 0, got 0");
});

test("adiana: a worker that lost its state is welcomed back and the run converges as before", async () => {
  const problem = small();
  const settings = { method: adiana, problem, slots: { gradient: "rand-k:k=6" }, resync: true };
  const start = new Float64Array(12).fill(3);
  const [run, plain] = [build({ ...settings, start }), build({ ...settings, start })];
  await run.play(50);
  run.network.hosts[2] = run.host(2);
  await Promise.all([run.play(50), plain.play(100)]);
  expect(run.rounds.resynced).toBeGreaterThan(0);
  expect(Math.sqrt(distance2(await run.x(), await plain.x()))).toBeLessThan(1e-12);
});
