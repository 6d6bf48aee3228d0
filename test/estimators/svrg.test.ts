import { expect, test } from "vitest";
import { svrg } from "../../src/estimators/svrg.ts";
import { rowsRidge } from "../methods/problems.ts";
import { distance2 } from "../run/harness.ts";
import { alone, testEstimator } from "./conformance.ts";

testEstimator(svrg, {
  options: { batch: 2, l: 8 },
  passes: 0.4 + 1 / 8,
  reduced: true,
  linear: { gamma: 0.05, rounds: 1500 },
});

test.each(["average", "last"])("svrg: the reference point is the %s of the loop's iterates", (reference) => {
  const { sample, state } = alone(svrg, { l: 3, reference }, rowsRidge());
  const at = (k: number) => Float64Array.from({ length: 12 }, (_, j) => Math.cos(j + k));
  const w = () => Float64Array.from(state.vec("estimator w").view);
  for (let k = 0; k < 3; ++k) {
    sample(at(k), k);
    expect(w()).toEqual(at(0));
  }
  sample(at(3), 3);
  const mean = at(0).map((v, j) => (v + at(1)[j]! + at(2)[j]!) / 3);
  expect(distance2(w(), reference === "last" ? at(3) : mean)).toBeLessThan(1e-30);
});

test("svrg: options have their ranges", () => {
  expect(() => alone(svrg, { l: 0 }, rowsRidge())).toThrow("estimator svrg: l must be an integer >= 1, got 0");
  expect(() => alone(svrg, { reference: "first" }, rowsRidge())).toThrow(
    "estimator svrg: reference must be one of average, last, got first",
  );
});
