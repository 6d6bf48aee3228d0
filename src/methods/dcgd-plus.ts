/**
 * DCGD+: DCGD with smoothness-aware compressors, which see each worker's smoothness matrix L_i instead of the number.
 *
 *   x <- x - gamma mean S_i(grad f_i(x)),  S_i(g) = L_i^1/2 C_i(L_i^{+1/2} g)      (compressor `smooth`)
 *
 * Assumptions: C_i unbiased, E|S_i(g) - g|^2 <= scriptL_i |g|^2 in the norm of L_i^+, f_i convex and L_i-smooth in the norm of
 *   the matrix, grad f_i in the range of L_i, f mu-strongly convex. A compressor without a matrix counts with L_i I.
 * Step size: gamma <= 1/(L + 2 max scriptL_i/n).
 * Promise: E|x^k - x*|^2 <= (1 - gamma mu)^k |x^0 - x*|^2 + (2 gamma/mu) mean(scriptL_i |grad f_i(x*)|^2_(L_i^+))/n.
 *   From |grad f_i(x) - grad f_i(x*)|^2 <= 2 D_i in the norm of L_i^+, as DCGD's with scriptL_i for omega_i L_i.
 * Source: Safaryan, Hanzely and Richtarik, Smoothness Matrices Beat Smoothness Constants, arXiv 2102.07245.
 */
import type { Facts, Method, Resolved } from "../core/contracts.ts";
import { max, stepSize } from "./common.ts";
import { dcgd } from "./dcgd.ts";

/** Largest omega_i and scriptL_i of a slot. */
export function smoothConstants(facts: Facts, slot: string): { omega: number; scriptL: number } {
  const all = facts.smooth(slot);
  return { omega: max(all.map(({ omega }) => omega)), scriptL: max(all.map(({ scriptL }) => scriptL)) };
}

export const dcgdPlus: Method<Resolved> = {
  ...dcgd,
  name: "dcgd+",
  covers: ["aggregator", "prox", "participation"],
  summary: "compressed gradients, smoothness-aware",
  reference: "Safaryan, Hanzely and Richtarik, arXiv 2102.07245",
  resolve(options, facts) {
    const { scriptL } = smoothConstants(facts, "gradient");
    return stepSize("dcgd+", options.gamma, "1/(L + 2 scriptL/n)", () => 1 / (facts.L + (2 / facts.n) * scriptL));
  },
};
