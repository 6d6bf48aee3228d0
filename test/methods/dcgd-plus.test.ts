import { expect, test } from "vitest";
import { dcgd } from "../../src/methods/dcgd.ts";
import { dcgdPlus } from "../../src/methods/dcgd-plus.ts";
import { build } from "../run/harness.ts";
import { floor, mean, optimalShifts, small, testMethod } from "./conformance.ts";
import { dualNorms, unevenRidge } from "./smooth.ts";

testMethod(dcgdPlus, { slots: { gradient: "smooth:of=(rand-k:k=3)" }, descent: (run) => run.options.gamma });

for (const spec of [
  "smooth:of=(rand-k:k=5)",
  "smooth:k=5,floor=0.2",
  "smooth:of=(block:size=5,of=(random-dithering:s=1))",
]) {
  test(`dcgd+: the neighbourhood of ${spec} is theory's, and the step larger than dcgd's`, async () => {
    const problem = unevenRidge();
    const run = build({ method: dcgdPlus, problem, slots: { gradient: spec } });
    const { gamma } = run.options;
    const { n, mu } = run.facts;
    const norms = dualNorms(problem);
    const constants = run.facts.smooth("gradient");
    const noise = mean(optimalShifts(problem).map((h, i) => constants[i]!.scriptL * norms[i]!(h)));
    const bound = ((2 * gamma) / (mu * n)) * noise;
    const measured = await floor({ method: dcgdPlus, problem, slots: { gradient: spec } }, 200, 300);
    expect(measured / bound).toBeLessThan(1);
    expect(measured / bound).toBeGreaterThan(1e-3);
  });
}

test("dcgd+: a compressor without a matrix makes it dcgd, bit for bit", async () => {
  for (const spec of ["rand-k:k=3", "natural"]) {
    const settings = { problem: small(), slots: { gradient: spec } };
    const [plus, plain] = [build({ ...settings, method: dcgdPlus }), build({ ...settings, method: dcgd })];
    expect(plus.options.gamma).toBeCloseTo(plain.options.gamma, 15);
    await Promise.all([plus.play(50), plain.play(50)]);
    expect(await plus.x()).toEqual(await plain.x());
  }
});

test("dcgd+: at equal k the step is larger than dcgd's, most so with importance sampling", () => {
  const problem = unevenRidge();
  const step = (spec: string, method = dcgdPlus) => build({ method, problem, slots: { gradient: spec } }).options.gamma;
  const [plain, plus, best] = [step("rand-k:k=5", dcgd), step("smooth:of=(rand-k:k=5)"), step("smooth:k=5")];
  expect(plus).toBeGreaterThan(1.1 * plain);
  expect(best).toBeGreaterThan(1.7 * plain);
});
