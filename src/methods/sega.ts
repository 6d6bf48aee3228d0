/**
 * SEGA: every worker observes k random coordinates S of its gradient and sends those of grad f_i(x) - h_i.
 *
 *   g_i = h_i + (d/k) P_S (grad f_i(x) - h_i);  x <- x - gamma mean g_i
 *   h_i <- h_i + P_S (grad f_i(x) - h_i), so [h_i]_S = [grad f_i(x)]_S
 *
 * It is DIANA for the sketch Q = (d/k) P_S with alpha = k/d = 1/(1 + omega): any sparsifier that is a scaled projection
 * on random coordinates, rand-k (a message is a seed and k values) or rand-seq-k (blocks). The paper has n = 1.
 * Assumptions: f_i convex and L_i-smooth, f L-smooth and mu-strongly convex.
 * Step size: gamma <= 1/(L + (3 + 2 sqrt 2)(omega/n) L_max), omega = d/k - 1; for n = k = 1 it is above 1/(6 d L).
 * Promise: linear: with M = 2(1 + 1/sqrt 2)(1 + omega) omega/n, V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2:
 *   E V^k <= max(1 - gamma mu, 1 - 1/(2(1 + omega)))^k V^0.
 *   Outline: b_i = h_i - h_i*, a_i = grad f_i(x) - h_i*: E|g - grad f(x*)|^2 <= 2 L D + (omega/n) mean|a_i - b_i|^2,
 *   |a_i - b_i|^2 <= (1 + c)|a_i|^2 + (1 + 1/c)|b_i|^2, mean|a_i|^2 <= 2 L_max D and E|b_i+|^2 = (1 - k/d)|b_i|^2 +
 *   (k/d)|a_i|^2 exactly; M takes half of the rate k/d, and c = sqrt 2 makes 1 + c + 2(1 + 1/c) least.
 * State: as diana.
 * Source: Hanzely, Mishchenko and Richtarik, arXiv 1809.03054. The step for n workers is derived here.
 */
import type { Compressor, Method } from "../core/contracts.ts";
import { GAMMA, LEARNT, max, stepSize } from "./common.ts";
import { type DianaOptions, diana } from "./diana.ts";

export const sega: Method<DianaOptions> = {
  ...diana,
  name: "sega",
  summary: "gradients learnt coordinate by coordinate: each worker sends k random ones",
  reference: "Hanzely, Mishchenko and Richtarik, arXiv 1809.03054",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  covers: ["prox", "participation"],
  options: { gamma: GAMMA },

  resolve(options, facts) {
    const { n, L, Lmax } = facts;
    const omega = max(facts.omega("gradient"));
    const formula = "1/(L + (3 + 2 sqrt 2)(omega/n) L_max)";
    const alpha = 1 / (1 + omega);
    return {
      ...stepSize("sega", options.gamma, formula, () => 1 / (L + (LEARNT * omega * Lmax) / n)),
      alpha,
      shiftStep: alpha / facts.participation,
    };
  },

  worker(env, options) {
    requireSketch(env.codecs.gradient!);
    return diana.worker!(env, options);
  },
};

/** @throws RangeError unless C(x) is x on random coordinates (or all of them), times 1 + omega */
function requireSketch({ spec, split, omega }: Compressor): void {
  if (omega === 0 || (split && omega !== undefined && Math.abs(split.gain - 1 - omega) <= 1e-12 * split.gain)) return;
  throw new RangeError(`sega: needs a sketch of random coordinates (rand-k, rand-seq-k), got ${spec}`);
}
