/** Settings with which every synchronous method plays a short run: five workers, slots that its theory accepts. */
import type { Method } from "../../src/core/contracts.ts";
import { quadratic, ridge } from "../methods/problems.ts";
import type { RunSettings } from "./harness.ts";

export const problem = quadratic(5, 7);
const rows = ridge(5, 7, 20);

const specs = {
  unbiased: "rand-k:k=2",
  contractive: "identity",
  any: "identity",
  "three-point": "clag:zeta=1,of=(top-k:k=3)",
};

export function settingsFor(method: Method): RunSettings {
  const { compressors, defaults = {}, optional = [], oracle } = method.needs;
  const asked = Object.entries(compressors).filter(([slot]) => !optional.includes(slot));
  return {
    method,
    problem: method.estimator || oracle === "stochastic" ? rows : problem,
    slots: Object.fromEntries(asked.map(([slot, kind]) => [slot, defaults[slot] ?? specs[kind]])),
  };
}
