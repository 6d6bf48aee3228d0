/**
 * MURANA: one random operator R_i for the step, another U_i for the learnt shift.
 *
 *   d_i = R_i(grad f_i(x) - h_i);  u_i = U_i(grad f_i(x) - h_i)
 *   x <- prox_{gamma psi}(x - gamma (h + rho mean d_i));  h_i += lambda u_i;  h += lambda mean u_i
 *
 * Slots: `gradient` holds R, `shift` U; without `shift` U = R and one message serves both: diana for rho = 1.
 * R = U = bernoulli: workers take part at random, and with lambda = p, the default, h_i is worker i's last one sent.
 * With partial participation h_i += (lambda/p) u_i for those who take part, p their chance; omega and omega_U count it.
 * Assumptions: R_i in U(omega), independent; U_i in U(omega_U); f_i convex and L_i-smooth, f mu-strongly convex.
 * Step sizes: lambda <= 1/(1 + omega_U). rho = 1: gamma <= 1/(L + (3 + 2 sqrt 2)(omega/n) L_max), whatever U.
 *   rho < 1: ef-bv's, gamma <= 1/(L + L~ sqrt(r_av/r)/s) or with a psi 1/(2L + sqrt(22/9) L~ sqrt(r_av/r)/s), with
 *   r = (1 - lambda)^2 + lambda^2 omega_U, r_av = (1 - rho)^2 + rho^2 omega/n, s = sqrt((1 + r)/(2r)) - 1: h + rho d is biased.
 * Promise: linear. rho = 1: with M = 2(1 + 1/sqrt 2) omega/(n lambda), V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2:
 *   E V^k <= max(1 - gamma mu, 1 - lambda/2)^k V^0. rho < 1: f - f* + (gamma r_av/(2 r s (1 + s))) mean|grad f_i(x) -
 *   h_i|^2 contracts by max(1 - gamma mu, (r + 1)/2); with a psi as ef-bv.
 *   Outline, rho = 1: a_i = grad f_i(x) - h_i*, b_i = h_i - h_i*; E|g - grad f(x*)|^2 <= 2 L D + (omega/n) mean|a_i -
 *   b_i|^2 and E|b_i+|^2 <= (1 - lambda)|b_i|^2 + lambda |a_i|^2 as lambda (1 + omega_U) <= 1; on as in sega.ts. rho <
 *   1: in ef-bv's proof the step enters through E|g - grad f(x)|^2 <= r_av mean|a_i - b_i|^2 alone and the shift
 *   through E|grad f_i(x) - h_i+|^2 <= r |a_i - b_i|^2 alone, so R and U may differ and depend on each other.
 * State: h_i at worker i, h at the server; each h_i at the server too when workers may be resynced (O(nd)).
 * Source: Condat and Richtarik, arXiv 2106.03056; rho < 1: Condat, Yi and Richtarik, arXiv 2205.04180. Constants for
 *   this form are derived here.
 */
import type { Method, Part, Resolved } from "../core/contracts.ts";
import { exactStep, GAMMA, inRange, iterate, LEARNT, max, stepSize } from "./common.ts";
import { noisyFormula, noisyStep } from "./estimates.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

export interface MuranaOptions extends Resolved {
  lambda: number;
  /** By what a worker that takes part moves its shift: lambda over its chance to. */
  shiftStep: number;
  rho: number;
}

export const murana: Method<MuranaOptions> = {
  name: "murana",
  summary: "one compressor for the step, another for the learnt shifts",
  reference: "Condat and Richtarik, arXiv 2106.03056",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased", shift: "unbiased" }, optional: ["shift"], oracle: "gradient" },
  covers: ["prox", "participation"],
  options: {
    gamma: GAMMA,
    lambda: "shift step size, in (0, 1/(1 + omega_U)]; default the largest",
    rho: "weight of the messages in the step, in (0, 1]; default 1",
  },

  resolve(options, facts) {
    const own = facts.omega("shift");
    const omega = max(facts.omega("gradient"));
    const omegaShift = own.length > 0 ? max(own) : omega;
    const largest = 1 / (1 + omegaShift);
    const lambda = inRange("murana: lambda", options.lambda, largest, 0, largest);
    const rho = inRange("murana: rho", options.rho, 1, 0, 1);
    const { n, L, Lmax } = facts;
    const step =
      rho === 1
        ? stepSize(
            "murana",
            options.gamma,
            "1/(L + (3 + 2 sqrt 2)(omega/n) L_max)",
            () => 1 / (L + (LEARNT * omega * Lmax) / n),
          )
        : exactStep("murana", options.gamma, facts, noisyFormula(facts), () =>
            noisyStep(facts, (1 - lambda) ** 2 + lambda ** 2 * omegaShift, (1 - rho) ** 2 + (rho ** 2 * omega) / n),
          );
    return { ...step, lambda, shiftStep: lambda / facts.participation, rho };
  },

  worker({ ops, dim, oracle, codecs, state }, { shiftStep }) {
    const u = ops.vec(dim);
    const h = state.vec("h");
    let sent: Part;
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.model(), u);
        ops.sub(u, h, u);
        sent = up.put(codecs.gradient!, u);
        if (codecs.shift) sent = up.put(codecs.shift, u);
      },
      settle(_turn, applied) {
        if (applied) sent.addTo(shiftStep, h);
      },
      join: (down) => ops.copy(down.dense(), h),
    };
  },

  server(env, { gamma, shiftStep, rho }) {
    const { ops, dim, codecs, state, n, prox } = env;
    const x = iterate(env);
    const h = state.vec("h");
    const copies = shiftCopies(env);
    const own = codecs[0]!.shift !== undefined;
    const d = ops.vec(dim);
    const u = own ? ops.vec(dim) : d;
    const one = ops.vec(dim);
    return {
      x,
      open(_turn, down) {
        ops.fill(0, d);
        if (own) ops.fill(0, u);
        down.model(x);
      },
      receive(_turn, worker, up) {
        const { gradient, shift } = codecs[worker]!;
        if (shift) up.addTo(gradient!, 1, d);
        if (!copies) {
          up.addTo(shift ?? gradient!, 1, u);
          return;
        }
        ops.fill(0, one);
        up.addTo(shift ?? gradient!, 1, one);
        ops.axpy(1, one, u);
        ops.axpy(shiftStep, one, copies[worker]!);
      },
      close(_turn, answered) {
        ops.axpy(-gamma, h, x);
        ops.axpy((-gamma * rho) / answered.length, d, x);
        prox?.apply(gamma, x);
        ops.axpy(shiftStep / n, u, h); // workers that did not answer did not move theirs
        return true;
      },
      welcome: welcomeWith("murana", copies),
    };
  },
};
