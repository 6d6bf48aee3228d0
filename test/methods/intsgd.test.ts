import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { intsgd } from "../../src/methods/intsgd.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { small } from "./conformance.ts";
import { testIntegers } from "./integers.ts";
import { largest } from "./measures.ts";
import { quadratic } from "./problems.ts";

testIntegers(intsgd);

test("intsgd: where workers differ the integers grow as steps shrink, and the limit stalls the run", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const wide = build({ method: intsgd as Method, problem });
  const sizes = await largest(wide, problem, 400);
  expect(sizes.at(-1)! / sizes[0]!).toBeGreaterThan(1e3);
  const narrow = build({ method: intsgd as Method, problem, options: { bits: 8 } });
  await narrow.play(1000);
  expect(distance2(await narrow.x(), optimum) / squares(optimum)).toBeGreaterThan(1e-6);
});

test("intsgd: where they agree, small integers are enough for x* itself", async () => {
  const problem = quadratic(6, 12, { heterogeneity: 0 });
  const run = build({ method: intsgd as Method, problem, options: { bits: 8, epsilon: 1e-12 } });
  for (const size of await largest(run, problem, 200)) expect(size).toBeLessThan(21); // floor(127/6)
  await run.play(800);
  expect(distance2(await run.x(), problem.optimum()) / squares(problem.optimum())).toBeLessThan(1e-20);
});
