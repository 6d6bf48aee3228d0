/**
 * Pure asynchronous gradient descent: a worker that finished gets the newest x at once.
 *
 *   on arrival of grad f_i(x^(k - tau)): x <- x - gamma grad f_i(x^(k - tau)); worker i gets x
 *
 * Promise: neighbourhood; for heterogeneous f_i it does not shrink with gamma, since fast workers count for more.
 * Step size: 1/(2 n L_max) by default: with n jobs in flight a delay is n - 1 results for workers of equal speed.
 * Source: Islamov et al., AsGrad, arXiv 2310.20452 (pure asynchronous SGD).
 */
import type { Method, Resolved } from "../core/contracts.ts";
import { GAMMA, iterate, stepSize } from "./common.ts";

export const asyncSgd: Method<Resolved> = {
  name: "async-sgd",
  summary: "every result is applied as it arrives; the worker gets the newest x",
  reference: "Islamov et al., AsGrad, arXiv 2310.20452",
  promise: "neighbourhood",
  needs: { compressors: { gradient: "any" }, optional: ["gradient"], oracle: "gradient" },
  options: { gamma: GAMMA },
  resolve: (options, facts) =>
    stepSize("async-sgd", options.gamma, "1/(2 n L_max)", () => 1 / (2 * facts.n * facts.Lmax)),

  worker({ ops, dim, oracle, codecs: { gradient } }) {
    const g = ops.vec(dim);
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.model(), g);
        if (gradient) up.put(gradient, g);
        else up.dense(g);
      },
    };
  },

  events(env, { gamma }) {
    const { ops, codecs, n } = env;
    const x = iterate(env);
    const same = [0];
    return {
      x,
      start: () => Array.from({ length: n }, (_, i) => i),
      assign: (_worker, down) => down.model(x),
      receive(worker, up) {
        const { gradient } = codecs[worker]!;
        if (gradient) up.addTo(gradient, -gamma, x);
        else ops.axpy(-gamma, up.dense(), x);
        same[0] = worker;
        return same;
      },
      welcome() {},
    };
  },
};
