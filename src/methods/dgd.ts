/**
 * Distributed gradient descent: x <- prox_{gamma psi}(x - gamma grad f(x)), every gradient sent as it is.
 * Assumptions: f L-smooth and convex (linear when mu > 0).
 * Uplink: d elements. State: x at the server, nothing at the workers.
 * Source: the baseline of Shulgin and Richtarik, Shifted Compression Framework; rate 1 - gamma mu for gamma <= 1/L.
 */
import type { Method, Resolved } from "../core/contracts.ts";
import { GAMMA, iterate } from "./common.ts";
import { downlinkStep } from "./downlink.ts";

export const dgd: Method<Resolved> = {
  name: "dgd",
  summary: "distributed gradient descent, nothing compressed",
  reference: "baseline; rate 1 - gamma mu for gamma <= 1/L",
  promise: "linear",
  needs: { compressors: {}, oracle: "gradient" },
  covers: ["aggregator", "prox", "downlink"],
  options: { gamma: GAMMA },
  resolve: (options, facts) => downlinkStep("dgd", options.gamma, facts, "1/L", () => 1 / facts.L),

  worker({ ops, dim, oracle }) {
    const g = ops.vec(dim);
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.model(), g);
        up.dense(g);
      },
    };
  },

  server(env, { gamma }) {
    const { ops, dim, prox } = env;
    const x = iterate(env);
    const sum = ops.vec(dim);
    return {
      x,
      open(_turn, down) {
        ops.fill(0, sum);
        down.model(x);
      },
      receive(_turn, _worker, up) {
        ops.axpy(1, up.dense(), sum);
      },
      close(_turn, answered) {
        ops.axpy(-gamma / answered.length, sum, x);
        prox?.apply(gamma, x);
        return true;
      },
      welcome() {},
    };
  },
};
