/** Theory's steps with estimated gradients: given where proofs go through for them, refused elsewhere. */
import { expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import { rowsRidge } from "../methods/problems.ts";
import { build } from "./harness.ts";

const problem = rowsRidge();
const unbiased = { gradient: "rand-k:k=4" };

test.each<[name: string, slots: Record<string, string>, options?: Record<string, unknown>]>([
  ["ef21", { gradient: "top-k:k=4" }],
  ["ef21", { gradient: "top-k:k=4", model: "top-k:k=4" }],
  ["ef21-bc", { gradient: "top-k:k=4", model: "top-k:k=4" }],
  ["3pc", { map: "ef21:of=(top-k:k=4)" }],
  ["ef-bv", unbiased],
  ["marina", unbiased],
  ["adiana", unbiased],
  ["murana", unbiased, { rho: 0.5 }],
])("%s, %o %o: proven for exact gradients only", (name, slots, options = {}) => {
  const settings = { method: methods[name]!, problem, slots, options, estimator: "saga" };
  expect(() => build(settings)).toThrow(
    `${name}: theory's step size is of exact gradients; with estimator saga give gamma`,
  );
  expect(build({ ...settings, options: { ...options, gamma: 0.01 } }).options.gamma).toBe(0.01);
  const full = build({ ...settings, estimator: "full" }).options;
  expect(full.gamma).toBe(build({ method: methods[name]!, problem, slots, options }).options.gamma);
});

test.each([
  ["dgd", {}],
  ["dcgd", unbiased],
  ["diana", unbiased],
  ["murana", unbiased],
  ["ef", { gradient: "top-k:k=4" }],
])("%s: a step for the estimates' smoothness", (name, slots) => {
  const settings = { method: methods[name as string]!, problem, slots: slots as Record<string, string> };
  const [exact, estimated] = [build(settings), build({ ...settings, estimator: "saga" })];
  expect(estimated.options.gamma).toBeLessThan(exact.options.gamma);
  expect(estimated.options.formula).toMatch(/L_i = A_i \+ 2 B_i C_i\/rho_i of saga$/);
});
