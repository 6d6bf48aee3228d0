/**
 * EF21: every worker keeps an estimate g_i of its gradient and sends the compressed correction.
 *
 *   c_i = C_i(grad f_i(x) - g_i);  g_i += c_i;  g += mean c_i;  x <- x - gamma g        (g_i = 0 at first)
 *
 * Assumptions: C_i in B(delta), f_i L_i-smooth, f PL (strongly convex) with mu.
 * Step size: with theta = 1 - sqrt(1 - delta), beta = (1 - delta)/theta:
 *   gamma <= min(1/(L + Ltilde sqrt(2 beta/theta)), theta/(2 mu)).
 * Promise: linear, V = f - f* + (gamma/theta) mean|g_i - grad f_i|^2 contracts by 1 - gamma mu.
 * State: g_i at worker i, g at the server; each g_i at the server too when workers may be resynced (O(nd)): then g is
 *   their mean, else it keeps the rounding errors of the first rounds, and x stalls at about 1e-16 of where it began.
 * Source: Richtarik, Sokolov and Fatkhullin, arXiv 2106.05203, Theorem 2.
 */
import type { Method, Part, Resolved } from "../core/contracts.ts";
import { GAMMA, iterate, smallestDelta, stepSize } from "./common.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

export const ef21: Method<Resolved> = {
  name: "ef21",
  summary: "compressed corrections to a kept estimate of each worker's gradient",
  reference: "Richtarik, Sokolov and Fatkhullin, arXiv 2106.05203, Theorem 2",
  promise: "linear",
  needs: { compressors: { gradient: "contractive" }, oracle: "gradient" },
  options: { gamma: GAMMA },

  resolve(options, facts) {
    return stepSize("ef21", options.gamma, "min(1/(L + Ltilde sqrt(2 beta/theta)), theta/(2 mu))", () => {
      const delta = smallestDelta("ef21", facts, "gradient");
      const theta = 1 - Math.sqrt(1 - delta);
      const ratio = Math.sqrt(1 - delta) / theta; // sqrt(beta/theta)
      const smooth = 1 / (facts.L + facts.Ltilde * Math.SQRT2 * ratio);
      return facts.mu > 0 ? Math.min(smooth, theta / (2 * facts.mu)) : smooth;
    });
  },

  worker({ ops, dim, oracle, codecs, state }) {
    const u = ops.vec(dim);
    const g = state.vec("g");
    let sent: Part;
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.model(), u);
        ops.sub(u, g, u);
        sent = up.put(codecs.gradient!, u);
      },
      settle(_turn, applied) {
        if (applied) sent.addTo(1, g);
      },
      join: (down) => ops.copy(down.dense(), g),
    };
  },

  server(env, { gamma }) {
    const { ops, codecs, state, n } = env;
    const x = iterate(env);
    const g = state.vec("g");
    const copies = shiftCopies(env);
    return {
      x,
      open: (_turn, down) => down.model(x),
      receive(_turn, worker, up) {
        const { gradient } = codecs[worker]!;
        if (copies) up.addTo(gradient!, 1, copies[worker]!);
        else up.addTo(gradient!, 1 / n, g);
      },
      close() {
        if (copies) {
          ops.fill(0, g);
          for (let i = 0; i < n; ++i) ops.axpy(1 / n, copies[i]!, g);
        }
        ops.axpy(-gamma, g, x);
        return true;
      },
      welcome: welcomeWith("ef21", copies),
    };
  },
};
