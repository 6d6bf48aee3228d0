import { expect, test } from "vitest";
import { lSvrg } from "../../src/estimators/l-svrg.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { rowsRidge } from "../methods/problems.ts";
import { build } from "../run/harness.ts";
import { testEstimator } from "./conformance.ts";

testEstimator(lSvrg, { passes: 0.3, reduced: true, linear: { gamma: 0.05, rounds: 1500 } });

test("l-svrg: p must be a probability", () => {
  const settings = { method: dgd, problem: rowsRidge() };
  expect(() => build({ ...settings, estimator: { name: "l-svrg", p: 0 } })).toThrow(
    "estimator l-svrg: p must be in (0, 1], got 0",
  );
});
