/**
 * VR-GDCI: GDCI with learnt shifts, which take the neighbourhood away.
 *
 *   T_i = x - gamma grad f_i(x);  d_i = Q_i(T_i - h_i);  x <- (1 - eta) x + eta (h + mean d_i)
 *   h_i += alpha d_i;  h += alpha mean d_i
 *
 * Assumptions: Q_i in U(omega), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step sizes: alpha <= 1/(1 + omega), eta <= 1/(L/mu + (6 omega/n)(L_max/mu - 1)),
 *   gamma <= (1 + 6 eta omega/n)/(eta (L + 6 L_max omega/n)).
 * Promise: linear, max(1 - eta, 1 - alpha/2), in |x - x*|^2 + (4 omega eta^2/(alpha n)) mean|h_i - T_i(x*)|^2.
 * Source: Shulgin and Richtarik, Theorem 6.
 */
import type { Method, Part } from "../core/contracts.ts";
import { GAMMA, inRange, iterate, max } from "./common.ts";
import { type IterateOptions, iterateSteps } from "./gdci.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

export interface VrGdciOptions extends IterateOptions {
  alpha: number;
}

export const vrGdci: Method<VrGdciOptions> = {
  name: "vr-gdci",
  summary: "compressed local iterates with learnt shifts",
  reference: "Shulgin and Richtarik, Theorem 6",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  options: {
    gamma: GAMMA,
    eta: "averaging weight, in (0, 1]; default theory's",
    alpha: "shift step size, in (0, 1/(1 + omega)]; default the largest",
  },

  resolve(options, facts) {
    const largest = 1 / (1 + max(facts.omega("gradient")));
    const alpha = inRange("vr-gdci: alpha", options.alpha, largest, 0, largest);
    return { ...iterateSteps("vr-gdci", 6, options, facts), alpha };
  },

  worker({ ops, dim, oracle, codecs, state }, { gamma, alpha }) {
    const t = ops.vec(dim);
    const h = state.vec("h");
    let sent: Part;
    return {
      reply(_turn, down, up) {
        const x = down.model();
        oracle.gradient(x, t);
        ops.combine(1, x, -gamma, t, t);
        ops.sub(t, h, t);
        sent = up.put(codecs.gradient!, t);
      },
      settle(_turn, applied) {
        if (applied) sent.addTo(alpha, h);
      },
      join: (down) => ops.copy(down.dense(), h),
    };
  },

  server(env, { eta, alpha }) {
    const { ops, dim, codecs, state, n } = env;
    const x = iterate(env);
    const h = state.vec("h");
    const sum = ops.vec(dim);
    const one = ops.vec(dim);
    const copies = shiftCopies(env);
    return {
      x,
      open(_turn, down) {
        ops.fill(0, sum);
        down.model(x);
      },
      receive(_turn, worker, up) {
        ops.fill(0, one);
        up.addTo(codecs[worker]!.gradient!, 1, one);
        ops.axpy(1, one, sum);
        if (copies) ops.axpy(alpha, one, copies[worker]!);
      },
      close(_turn, answered) {
        ops.combine(1 - eta, x, eta, h, x);
        ops.axpy(eta / answered.length, sum, x);
        ops.axpy(alpha / n, sum, h);
        return true;
      },
      welcome: welcomeWith("vr-gdci", copies),
    };
  },
};
