/**
 * Rand-DIANA: the shift is the gradient at a reference point that is renewed now and then.
 *
 *   x <- x - gamma (h + mean Q_i(grad f_i(x) - h_i));  with probability p_i: h_i <- grad f_i(x), sent densely
 *
 * The dense message is the difference grad f_i(x) - h_i, so both ends move by the same numbers.
 * Assumptions: Q_i in U(omega_i), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step size: gamma <= 1/((1 + 2 omega/n) L_max + M max(p_i L_i)), M > M' = 2 omega/(n p_min).
 * Promise: as diana with M, and 1 - p_min + 2 omega/(nM) as the second rate.
 * With partial participation the p_i of theory are those of the coin times the chance to take part.
 * Uplink: the message, and d elements with probability p_i.
 * Source: Shulgin and Richtarik, Shifted Compression Framework, Theorem 4.
 */
import type { Method, Resolved } from "../core/contracts.ts";
import { GAMMA, inRange, max } from "./common.ts";
import { downlinkStep } from "./downlink.ts";
import { shiftCopies, shiftedServer, shiftedWorker, welcomeWith } from "./shifted.ts";

export interface RandDianaOptions extends Resolved {
  p: number;
}

export const randDiana: Method<RandDianaOptions> = {
  name: "rand-diana",
  summary: "compressed differences to a gradient that is sent in full with probability p",
  reference: "Shulgin and Richtarik, Theorem 4",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  covers: ["prox", "participation", "downlink"],
  options: {
    gamma: GAMMA,
    p: "probability of a dense shift, in (0, 1]; default 1/(omega + 1), over the chance to take part",
    M: "weight of the shifts, as a multiple of M' = 2 omega/(n p), > 0 (theory asks > 1); default 2",
    pM: "the p in M' above where it is not the method's own (Fig. 2 right holds M while p varies)",
  },

  resolve(options, facts) {
    const omega = max(facts.omega("gradient"));
    const p = inRange("rand-diana: p", options.p, 1 / ((omega + 1) * facts.participation), 0, 1);
    const pM = inRange("rand-diana: pM", options.pM, p, 0, 1);
    const factor = inRange("rand-diana: M", options.M, 2, 0, 1e9);
    const M = (factor * 2 * omega) / (facts.n * pM); // times the chance to take part, which the next line would multiply by
    const bound = (1 + (2 * omega) / facts.n) * facts.Lmax + M * p * facts.Lmax;
    const noise = { text: "(2 omega/n) L_max + M p L_max", value: () => bound - facts.Lmax };
    const formula = `1/((1 + 2 omega/n) L_max + M p L_max), M = ${factor} x 2 omega/(n ${options.pM === undefined ? "p" : pM})`;
    return { ...downlinkStep("rand-diana", options.gamma, facts, formula, () => 1 / bound, noise), p };
  },

  worker(env, { p }) {
    const { ops, rng } = env;
    const h = env.state.vec("h");
    const difference = ops.vec(env.dim);
    let renewed = false;
    return shiftedWorker(env, {
      h,
      announce(u) {
        renewed = rng.coin(p);
        if (renewed) ops.copy(u, difference);
      },
      append(up) {
        if (renewed) up.dense(difference);
      },
      move() {
        if (renewed) ops.axpy(1, difference, h);
      },
      join: (down) => ops.copy(down.dense(), h),
    });
  },

  server(env, { gamma }) {
    const { ops, n } = env;
    const h = env.state.vec("h");
    const change = env.state.vec("change"); // 0 between rounds; in the state, so that a guard takes it back
    const copies = shiftCopies(env);
    return shiftedServer(env, gamma, {
      h,
      tail(worker, up) {
        if (!up.more) return;
        const difference = up.dense();
        ops.axpy(1 / n, difference, change);
        if (copies) ops.axpy(1, difference, copies[worker]!);
      },
      move() {
        ops.axpy(1, change, h); // after the step: the step used the old shifts
        ops.fill(0, change);
      },
      welcome: welcomeWith("rand-diana", copies),
    });
  },
};
