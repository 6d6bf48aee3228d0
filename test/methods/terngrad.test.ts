import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dcgd } from "../../src/methods/dcgd.ts";
import { terngrad } from "../../src/methods/terngrad.ts";
import { build, squares } from "../run/harness.ts";
import { floor } from "./conformance.ts";
import { rowsRidge } from "./problems.ts";
import { testVariant } from "./variant.ts";

testVariant(terngrad, { base: dcgd as Method, slots: { gradient: "ternary" } });

test("terngrad: clipped and layer by layer it still comes near, though theory gives no step", async () => {
  const problem = rowsRidge();
  const optimum = problem.optimum();
  const settings = {
    method: terngrad as Method,
    problem,
    slots: { gradient: "layers:sizes=8+4,of=(ternary:clip=2.5)" },
  };
  expect(() => build(settings)).toThrow(/unbiased/);
  const at = (gamma: number) => floor({ ...settings, options: { gamma } }, 300, 600);
  expect(await at(0.01)).toBeLessThan(0.05 * squares(optimum));
  expect(await at(0.01)).toBeGreaterThan(1.2 * (await at(0.0025)));
});
