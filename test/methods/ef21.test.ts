import { expect, test } from "vitest";
import { ef21 } from "../../src/methods/ef21.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";
import { counterExample } from "./problems.ts";

const slots = { gradient: "top-k:k=6" };
testMethod(ef21, {
  slots,
  descent: (run) => run.options.gamma,
  linear: { "top-k": { slots, rounds: 1500 } },
});

test("ef21: the Lyapunov function falls as theory says", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const delta = 4 / 12;
  const theta = 1 - Math.sqrt(1 - delta);
  await averageBelow(
    { method: ef21, problem, slots: { gradient: "biased-rand-k:k=4" }, start: new Float64Array(12).fill(3) },
    200,
    ({ options, n }, { state, gradient, loss }, before) => {
      // after a round g_i belongs to the x before it: that is V of the round
      const errors = Array.from({ length: n }, (_, i) => distance2(state(i, "g"), gradient(i, before)));
      return loss(before) - loss(optimum) + (options.gamma / theta) * mean(errors);
    },
    // k counts from V at x0 with g_i = 0, which one correction contracts no less than a step does
    ({ options, facts }, k, first) => (1 - options.gamma * facts.mu) ** (k - 1) * first,
  );
});

for (const [resync, least] of [
  [true, 1e-20],
  [false, 1e-15], // the server's g keeps rounding errors of the size of the first gradients
] as const) {
  test(`ef21: with top-1 the counter-example converges (resync: ${resync})`, async () => {
    const run = build({
      method: ef21,
      problem: counterExample(),
      slots: { gradient: "top-k:k=1" },
      options: { gamma: 0.01 },
      resync,
    });
    await run.play(13000);
    expect(Math.sqrt(squares(await run.x()))).toBeLessThan(least);
  });
}

test("ef21: theory asks for a contractive compressor", () => {
  const settings = { method: ef21, problem: small(), slots: { gradient: "rand-k:k=2" } };
  expect(() => build(settings)).toThrow(/ef21: theory needs contractive compressors/);
  expect(build({ ...settings, options: { gamma: 0.1 } }).options.formula).toBe("given");
});
