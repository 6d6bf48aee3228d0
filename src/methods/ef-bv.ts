/**
 * EF-BV: error feedback and variance reduction in one; EF21 and DIANA are members.
 *
 *   d_i = C_i(grad f_i(x) - h_i);  x <- prox_{gamma psi}(x - gamma (h + nu mean d_i))
 *   h_i += lambda d_i;  h = mean h_i      (h_i = 0 at first)
 *
 * Assumptions: |E C_i(u) - u| <= eta|u|, E|C_i(u) - E C_i(u)|^2 <= omega|u|^2, C_i independent of each other, so that their
 *   mean has omega_av = omega/n; f_i L_i-smooth, f PL with mu. A compressor of which only delta is known has
 *   eta = sqrt(1 - delta), omega = 1 - delta.
 * Step sizes: lambda = min(e/(e^2 + omega), 1), nu = min(e/(e^2 + omega_av), 1), e = 1 - eta; with r = (1 - lambda e)^2 +
 *   lambda^2 omega, r_av = (1 - nu e)^2 + nu^2 omega_av, s = sqrt((1 + r)/(2r)) - 1: gamma <= 1/(L + Ltilde sqrt(r_av/r)/s).
 *   With a psi: 1/(2L + sqrt(22/9) Ltilde sqrt(r_av/r)/s).
 * Promise: linear, V = f - f* + gamma r_av/(2 s (1 + s) r) mean|h_i - grad f_i|^2 contracts by max(1 - gamma mu, (1 + r)/2).
 *   Outline: estimates.ts with E|g - grad f|^2 <= r_av H, H = mean|h_i - grad f_i|^2, and
 *   E H+ <= (1 + s) r H + (1 + 1/s) Ltilde^2|x+ - x|^2; (1 + s)^2 r = (1 + r)/2.
 *   With a psi (estimates.ts): (1 + gamma mu/9)(F - F*) + (11/18) gamma r_av/(s (1 + s) r) H contracts by
 *   max(1/(1 + gamma mu/9), (1 + r)/2).
 * Members: a deterministic C has lambda = nu = 1: ef21. eta = 0, nu = 1, lambda = alpha: diana.
 * State: h_i at worker i ("g" there when lambda = nu: estimates.ts), h at the server; copies of h_i as in ef21, diana.
 * Source: Condat, Yi and Richtarik, arXiv 2205.04180, Theorem 1.
 */
import type { Constants, Facts, Method, Resolved } from "../core/contracts.ts";
import { exactStep, GAMMA, inRange } from "./common.ts";
import { correctingWorker, estimateServer, noisyFormula, noisyStep } from "./estimates.ts";
import { shiftCopies, shiftedServer, welcomeWith } from "./shifted.ts";

export interface EfBvOptions extends Resolved {
  lambda: number;
  nu: number;
}

export const efBv: Method<EfBvOptions> = {
  name: "ef-bv",
  summary: "error feedback and variance reduction in one: for compressors with bias and variance",
  reference: "Condat, Yi and Richtarik, arXiv 2205.04180, Theorem 1",
  promise: "linear",
  covers: ["prox"],
  needs: { compressors: { gradient: "any" }, oracle: "gradient" },
  options: {
    gamma: GAMMA,
    lambda: "how far h_i moves, in (0, 1]; default min((1 - eta)/((1 - eta)^2 + omega), 1)",
    nu: "how much of the messages the step takes, in (0, 1]; default the same with omega/n",
  },

  resolve(options, facts) {
    const { eta, omega } = worst(facts);
    const e = 1 - eta;
    const average = omega / facts.n;
    const best = (variance: number) => (e > 0 ? Math.min(e / (e * e + variance), 1) : 1);
    const lambda = inRange("ef-bv: lambda", options.lambda, best(omega), 0, 1);
    const nu = inRange("ef-bv: nu", options.nu, best(average), 0, 1);
    const r = (1 - lambda * e) ** 2 + lambda ** 2 * omega;
    const rAv = (1 - nu * e) ** 2 + nu ** 2 * average;
    const step = exactStep("ef-bv", options.gamma, facts, noisyFormula(facts), () => noisyStep(facts, r, rAv));
    return { ...step, lambda, nu };
  },

  worker: (env, { lambda }) => correctingWorker(env, lambda),

  server(env, { gamma, lambda, nu }) {
    const { ops, codecs, n, state } = env;
    if (nu === lambda) {
      return estimateServer(env, gamma, "ef-bv", {
        read: (worker, up, scale, acc) => up.addTo(codecs[worker]!.gradient!, lambda * scale, acc),
      });
    }
    const h = state.vec("g");
    const copies = shiftCopies(env);
    return shiftedServer(
      env,
      gamma,
      {
        h,
        ...(copies && { each: (worker, message) => ops.axpy(lambda, message, copies[worker]!) }),
        move: (m) => ops.axpy(lambda / n, m, h),
        welcome: welcomeWith("ef-bv", copies),
      },
      nu,
    );
  },
};

/** eta and omega of the slot `gradient`: the largest of the workers'. */
function worst(facts: Facts): { eta: number; omega: number } {
  const of = facts.constants("gradient").map(biasAndVariance);
  return { eta: Math.max(...of.map(([eta]) => eta)), omega: Math.max(...of.map(([, omega]) => omega)) };
}

function biasAndVariance({ eta, variance, delta }: Constants): [eta: number, omega: number] {
  if (eta !== undefined && variance !== undefined) return [eta, variance];
  return delta === undefined ? [1, 1] : [Math.sqrt(1 - delta), 1 - delta]; // without constants theory gives no step
}
