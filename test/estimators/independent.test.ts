import { expect, test } from "vitest";
import { independent } from "../../src/estimators/independent.ts";
import { rowsRidge } from "../methods/problems.ts";
import { distance2 } from "../run/harness.ts";
import { alone, testEstimator } from "./conformance.ts";

testEstimator(independent, { options: { batch: 2 }, passes: 0.2, reduced: false });
testEstimator(
  { ...independent, summary: "equal probabilities" },
  {
    options: { batch: 3, probabilities: "uniform" },
    passes: 0.3,
    reduced: false,
  },
);

test("independent: equal coins of 1 take every row", () => {
  const problem = rowsRidge();
  const { sample, exact } = alone(independent, { batch: 10, probabilities: "uniform" }, problem);
  const x = new Float64Array(12).fill(2);
  const g = sample(x, 0);
  expect(distance2(g, exact(x))).toBeLessThan(1e-24);
});
