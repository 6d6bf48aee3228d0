/**
 * EF21: every worker keeps an estimate g_i of its gradient and sends the compressed correction.
 *
 *   c_i = C_i(grad f_i(x) - g_i);  g_i += c_i;  g += mean c_i;  x <- x - gamma g        (g_i = 0 at first)
 *
 * Assumptions: C_i in B(delta), f_i L_i-smooth, f PL (strongly convex) with mu.
 * Step size: with theta = 1 - sqrt(1 - delta), beta = (1 - delta)/theta:
 *   gamma <= min(1/(L + Ltilde sqrt(2 beta/theta)), theta/(2 mu)). With a psi: estimates.ts.
 * Promise: linear, V = f - f* + (gamma/theta) mean|g_i - grad f_i|^2 contracts by 1 - gamma mu.
 * Partial participation (EF21-PP): g_i moves for those who take part alone, which makes delta that of "C_i or nothing",
 *   p delta, p the chance to: all of the above with p delta.
 * Compressed broadcasts (EF21-P: w <- w + C_M(x - w), gradients at w), theta_M, r_M of C_M, r = sqrt(beta/theta), k = 2 - theta_M:
 *   gamma <= min(1/(L + 2 sqrt((r k Ltilde (1 + sqrt 2 r_M))^2 + (r_M L)^2)), min(theta, theta_M)/(2 mu)); then
 *   V = f - f* + (2 gamma/theta) G + b|w - x|^2, G = mean|g_i - grad f_i(w)|^2, contracts by 1 - gamma mu, with
 *   b = (2 gamma/theta_M)(L^2 + 2 (r k Ltilde)^2 (1 + t)), t = 1/(sqrt 2 r_M).
 *   Outline: |g - grad f(x)|^2 <= 2 G + 2 L^2|w - x|^2 in the descent of estimates.ts; |w+ - x+|^2 <= (1 - theta_M)|w - x|^2 +
 *   beta_M|x+ - x|^2; G+ <= (1 - theta) G + beta Ltilde^2 E|C_M(x+ - w)|^2, E|C_M(v)|^2 <= k^2|v|^2 (Minkowski), and
 *   |x+ - w|^2 <= (1 + t)|w - x|^2 + (1 + 1/t)|x+ - x|^2.
 * State: estimates.ts.
 * Source: Richtarik, Sokolov and Fatkhullin, arXiv 2106.05203, Theorem 2; Fatkhullin et al., arXiv 2110.03294 (EF21-PP);
 *   Gruntkowska, Tyurin and Richtarik, arXiv 2209.15218 (EF21-P). The constants of the latter two are derived here.
 */
import type { Facts, Method, Resolved } from "../core/contracts.ts";
import { exactStep, GAMMA, smallestDelta } from "./common.ts";
import { correctingWorker, estimateServer, safeStep } from "./estimates.ts";

/** theta = 1 - sqrt(1 - delta) and r = sqrt(beta/theta). */
export function contraction(delta: number): { theta: number; r: number } {
  const theta = 1 - Math.sqrt(1 - delta);
  return { theta, r: Math.sqrt(1 - delta) / theta };
}

function compressedBroadcastStep(option: unknown, facts: Facts): Resolved {
  const formula =
    "min(1/(L + 2 sqrt((r k Ltilde (1 + sqrt 2 r_M))^2 + (r_M L)^2)), min(theta, theta_M)/(2 mu)), " +
    "r = sqrt(1 - delta)/theta, k = 2 - theta_M";
  return exactStep("ef21", option, facts, formula, () => {
    const { L, Ltilde, mu } = facts;
    const up = contraction(smallestDelta("ef21", facts, "gradient") * facts.participation);
    const down = contraction(smallestDelta("ef21", facts, "model"));
    const through = up.r * (2 - down.theta) * Ltilde * (1 + Math.SQRT2 * down.r);
    const smooth = 1 / (L + 2 * Math.hypot(through, down.r * L));
    return mu > 0 ? Math.min(smooth, Math.min(up.theta, down.theta) / (2 * mu)) : smooth;
  });
}

export const ef21: Method<Resolved> = {
  name: "ef21",
  summary: "compressed corrections to a kept estimate of each worker's gradient",
  reference: "Richtarik, Sokolov and Fatkhullin, arXiv 2106.05203, Theorem 2",
  promise: "linear",
  needs: { compressors: { gradient: "contractive" }, oracle: "gradient" },
  covers: ["prox", "participation", "downlink"],
  options: { gamma: GAMMA },

  resolve(options, facts) {
    if (facts.delta("model").some((delta) => delta < 1)) return compressedBroadcastStep(options.gamma, facts);
    const formula = facts.prox
      ? "1/(2L + Ltilde sqrt(44 beta/(9 theta)))"
      : "min(1/(L + Ltilde sqrt(2 beta/theta)), theta/(2 mu))";
    return exactStep("ef21", options.gamma, facts, formula, () => {
      const delta = smallestDelta("ef21", facts, "gradient") * facts.participation;
      const theta = 1 - Math.sqrt(1 - delta);
      if (facts.prox) return safeStep(facts, theta, ((1 - delta) / theta) * facts.Ltilde ** 2);
      const ratio = Math.sqrt(1 - delta) / theta; // sqrt(beta/theta)
      const smooth = 1 / (facts.L + facts.Ltilde * Math.SQRT2 * ratio);
      return facts.mu > 0 ? Math.min(smooth, theta / (2 * facts.mu)) : smooth;
    });
  },

  worker: (env) => correctingWorker(env),
  server: (env, { gamma }) =>
    estimateServer(env, gamma, "ef21", {
      read: (worker, up, scale, acc) => up.addTo(env.codecs[worker]!.gradient!, scale, acc),
    }),
};
