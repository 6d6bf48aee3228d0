/**
 * Error feedback (error-compensated gradient descent, EC-GD): what compression leaves out is added to the next message.
 *
 *   p_i = e_i + gamma grad f_i(x);  v_i = C_i(p_i);  e_i <- p_i - v_i;  x <- x - mean v_i
 *
 * Invariant: x^k - mean e_i^k = x^0 - gamma sum of the mean gradients.
 * Assumptions: C_i in B(delta_i), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step size: gamma <= min(1/(4L), delta/(8 sqrt(3 L L_max))): with c = 12 L gamma/delta and x~ = x - mean e_i,
 *   |x~ - x*|^2 + c mean|e_i|^2 contracts by 1 - min(gamma mu/2, delta/4) up to 48 L gamma^3 mean|grad f_i(x*)|^2/delta^2.
 * Promise: linear to a neighbourhood of order gamma^2; to x* itself when every grad f_i(x*) = 0.
 * State: e_i at worker i; a message that was not applied leaves e_i as it was.
 * Source: Stich and Karimireddy, arXiv 1909.05350; Beznosikov et al., arXiv 2002.12410; constants by the perturbed-iterate
 *   inequality |x~+ - x*|^2 <= (1 - gamma mu/2)|x~ - x*|^2 - (gamma/2)(f - f*) + 3 L gamma |mean e|^2.
 */
import type { Method, Part, Resolved } from "../core/contracts.ts";
import { GAMMA, iterate, smallestDelta, stepSize } from "./common.ts";

export const ef: Method<Resolved> = {
  name: "ef",
  summary: "error feedback: what compression leaves out is added to the next message",
  reference: "Stich and Karimireddy, arXiv 1909.05350; Beznosikov et al., arXiv 2002.12410",
  promise: "neighbourhood",
  needs: { compressors: { gradient: "contractive" }, oracle: "gradient" },
  options: { gamma: GAMMA },

  resolve(options, facts) {
    return stepSize("ef", options.gamma, "min(1/(4L), delta/(8 sqrt(3 L L_max)))", () => {
      const delta = smallestDelta("ef", facts, "gradient");
      return Math.min(1 / (4 * facts.L), delta / (8 * Math.sqrt(3 * facts.L * facts.Lmax)));
    });
  },

  worker({ ops, dim, oracle, codecs, state }, { gamma }) {
    const e = state.vec("e");
    const p = ops.vec(dim);
    let sent: Part;
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.dense(), p);
        ops.combine(1, e, gamma, p, p);
        sent = up.put(codecs.gradient!, p);
      },
      settle(_turn, applied) {
        if (!applied) return;
        ops.copy(p, e);
        sent.addTo(-1, e); // e_i = p_i - v_i, v_i as the server decoded it
      },
      join() {}, // e_i is the worker's own: nothing at the server depends on it
    };
  },

  server(env) {
    const { ops, dim, codecs, n } = env;
    const x = iterate(env);
    const sum = ops.vec(dim);
    return {
      x,
      open(_turn, down) {
        ops.fill(0, sum);
        down.dense(x);
      },
      receive: (_turn, worker, up) => up.addTo(codecs[worker]!.gradient!, 1, sum),
      close() {
        ops.axpy(-1 / n, sum, x); // of all n, whoever answered: else x - mean e_i would jump
        return true;
      },
      welcome() {},
    };
  },
};
