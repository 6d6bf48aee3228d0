import { expect, test } from "vitest";
import { type AdianaOptions, adiana } from "../../src/methods/adiana.ts";
import { adianaPlus } from "../../src/methods/adiana-plus.ts";
import { build, distance2 } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";
import { dualNorms, unevenRidge } from "./smooth.ts";

testMethod(adianaPlus, {
  slots: { gradient: "smooth:of=(rand-k:k=6)" },
  linear: {
    "smooth rand-k": { slots: { gradient: "smooth:of=(rand-k:k=6)" }, rounds: 2000 },
    "smooth natural compression": { slots: { gradient: "smooth:of=(natural)" }, rounds: 600 },
  },
});

test("adiana+: the Lyapunov function falls as theory says", async () => {
  const problem = unevenRidge();
  const optimum = problem.optimum();
  const norms = dualNorms(problem);
  await averageBelow(
    { method: adianaPlus, problem, slots: { gradient: "smooth:of=(rand-k:k=8)" }, start: new Float64Array(20).fill(3) },
    60,
    ({ options, n, rounds, facts }, { state, gradient, loss }) => {
      const { gamma: eta, alpha, p, theta1, pull: gamma } = options as AdianaOptions;
      const beta = 1 - gamma * facts.mu;
      const scriptL = Math.max(...facts.smooth("gradient").map((s) => s.scriptL));
      const at = (name: string) => Float64Array.from(rounds.state.vec(name).view);
      const w = at("w");
      const memory = norms.map((norm, i) => {
        const g = gradient(i, w);
        return norm(state(i, "h").map((value, j) => value - g[j]!));
      });
      const least = loss(optimum);
      return (
        distance2(at("z"), optimum) +
        ((2 * gamma * beta) / theta1) * (loss(at("x")) - least) +
        ((gamma * beta * (1 + theta1)) / (theta1 * p)) * (loss(w) - least) +
        ((8 * gamma * eta * scriptL) / (theta1 * n * alpha)) * mean(memory)
      );
    },
    ({ options, facts }, k, first) => {
      const { alpha, p, theta1, pull: gamma } = options as AdianaOptions;
      const rates = [1 - gamma * facts.mu, 1 - theta1 / 2, 1 - (p * theta1) / (1 + theta1), 1 - alpha / 4];
      return Math.max(...rates) ** k * first;
    },
  );
});

test("adiana+: at equal k the step is larger than adiana's, and so is the progress", async () => {
  const problem = unevenRidge();
  const start = new Float64Array(20).fill(3);
  const run = (method: typeof adiana, spec: string) => build({ method, problem, start, slots: { gradient: spec } });
  const [plain, plus] = [run(adiana, "rand-k:k=5"), run(adianaPlus, "smooth:k=5,floor=0.3")];
  const errors: number[] = [];
  for (const one of [plain, plus]) {
    await one.play(1200);
    errors.push(distance2(await one.x(), problem.optimum()) / distance2(start, problem.optimum()));
  }
  expect(plus.options.gamma).toBeGreaterThan(2 * plain.options.gamma);
  expect(errors[1]!).toBeLessThan(0.01 * errors[0]!);
});

test("adiana+: without a matrix only the rule for p differs from adiana's", async () => {
  const settings = { problem: small(), slots: { gradient: "rand-k:k=6" }, options: { p: 0.2 } };
  const [plus, plain] = [build({ ...settings, method: adianaPlus }), build({ ...settings, method: adiana })];
  await Promise.all([plus.play(50), plain.play(50)]);
  expect(plus.options.gamma).toBe(plain.options.gamma);
  expect(await plus.x()).toEqual(await plain.x());
});
