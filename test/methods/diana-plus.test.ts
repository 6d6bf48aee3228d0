import { expect, test } from "vitest";
import { diana } from "../../src/methods/diana.ts";
import { dianaPlus } from "../../src/methods/diana-plus.ts";
import { build, distance2 } from "../run/harness.ts";
import { averageBelow, mean, optimalShifts, small, testMethod } from "./conformance.ts";
import { dualNorms, unevenRidge } from "./smooth.ts";

testMethod(dianaPlus, {
  slots: { gradient: "smooth:of=(rand-k:k=3)" },
  descent: (run) => run.options.gamma,
  linear: {
    "smooth rand-k": { slots: { gradient: "smooth:of=(rand-k:k=3)" }, rounds: 900 },
    "importance sampling": { slots: { gradient: "smooth:k=3" }, rounds: 900 },
    "a diagonal matrix": { slots: { gradient: "smooth:matrix=diagonal,k=3" }, rounds: 1200 },
    "quantization in blocks": {
      slots: { gradient: "smooth:of=(block:size=4,of=(random-dithering:s=2))" },
      rounds: 500,
    },
  },
});

for (const spec of ["smooth:of=(rand-k:k=5)", "smooth:k=5,floor=0.3"]) {
  test(`diana+, ${spec}: the Lyapunov function falls as theory says`, async () => {
    const problem = unevenRidge();
    const optimum = problem.optimum();
    const best = optimalShifts(problem);
    const norms = dualNorms(problem);
    await averageBelow(
      { method: dianaPlus, problem, slots: { gradient: spec }, start: new Float64Array(20).fill(3) },
      60,
      ({ options, n, facts }, { x, state }) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        const scriptL = Math.max(...facts.smooth("gradient").map((s) => s.scriptL));
        const shifts = best.map((h, i) => norms[i]!(state(i, "h").map((value, j) => value - h[j]!)));
        return distance2(x, optimum) + ((4 * scriptL * gamma * gamma) / (n * alpha)) * mean(shifts);
      },
      ({ options, facts }, k, first) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        return Math.max(1 - gamma * facts.mu, 1 - alpha / 2) ** k * first;
      },
    );
  });
}

test("diana+: at equal k the step is larger than diana's, and so is the progress", async () => {
  const problem = unevenRidge(1);
  const start = new Float64Array(20).fill(3);
  const run = (method: typeof diana, spec: string) => build({ method, problem, start, slots: { gradient: spec } });
  const [plain, plus, best] = [
    run(diana, "rand-k:k=2"),
    run(dianaPlus, "smooth:of=(rand-k:k=2)"),
    run(dianaPlus, "smooth:k=2"),
  ];
  const { L } = plain.facts;
  const errors: number[] = [];
  for (const one of [plain, plus, best]) {
    await one.play(800);
    errors.push(distance2(await one.x(), problem.optimum()) / distance2(start, problem.optimum()));
  }
  // the two steps times L that are known for this kind of problem: 0.061 and 0.214
  expect(plain.options.gamma * L).toBeCloseTo(0.061, 1);
  expect(best.options.gamma).toBeGreaterThan(3 * plain.options.gamma);
  expect(errors[1]!).toBeLessThan(0.01 * errors[0]!);
});

test("diana+: without a matrix only the step differs from diana's", async () => {
  const problem = small();
  const settings = { problem, slots: { gradient: "rand-k:k=3" } };
  const plus = build({ ...settings, method: dianaPlus });
  const { L, n } = plus.facts;
  expect(plus.options.gamma).toBeCloseTo(1 / (L + (6 * 3 * Math.max(...plus.facts.Li)) / n), 15);
  const plain = build({ ...settings, method: diana, options: { gamma: plus.options.gamma } });
  await Promise.all([plus.play(50), plain.play(50)]);
  expect(await plus.x()).toEqual(await plain.x());
  expect(() => build({ ...settings, method: dianaPlus, options: { alpha: 0.5 } })).toThrow(
    "diana+: alpha must be in (0, 0.25], got 0.5",
  );
});
