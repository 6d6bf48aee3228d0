/**
 * Gossip averaging, with a gradient step if asked for (decentralised gradient descent): no server, neighbours only.
 *
 *   x_i <- sum_j w_ij x_j - gamma grad f_i(x_i)         (gamma = 0: plain averaging)
 *
 * Promise: gamma = 0: every x_i goes linearly to the mean of the starting points, which every turn keeps exactly;
 *   gamma > 0: neighbourhood of order gamma.
 * Source: Xiao and Boyd, Fast linear iterations for distributed averaging, 2004; Nedic and Ozdaglar, 2009.
 */
import type { Method, Resolved } from "../core/contracts.ts";

export interface GossipOptions extends Resolved {
  spread: number;
}

export const gossip: Method<GossipOptions> = {
  name: "gossip",
  summary: "neighbours average their iterates; with gamma > 0 each adds a gradient step",
  reference: "Xiao and Boyd, 2004; Nedic and Ozdaglar, 2009",
  promise: "neighbourhood",
  needs: { compressors: {}, oracle: "gradient" },
  options: {
    gamma: "step size of the gradient, >= 0; default 0: averaging alone",
    spread: "standard deviation of the starting points around x0; default 0",
  },

  resolve(options) {
    const read = (key: "gamma" | "spread") => {
      const value = options[key] ?? 0;
      if (typeof value === "number" && value >= 0 && value < Infinity) return value;
      throw new RangeError(`gossip: ${key} must be a number >= 0, got ${JSON.stringify(value)}`);
    };
    return { gamma: read("gamma"), spread: read("spread"), formula: "given" };
  },

  peer({ ops, state, start, self, neighbours, oracle, rng, dim }, { gamma, spread }) {
    const x = state.vec("x");
    const sum = ops.vec(dim);
    const weight = new Map(neighbours.map(({ id, weight }) => [id, weight]));
    const { view } = x;
    rng.at(0, 0);
    for (let j = 0; j < dim; ++j) view[j] = start.view[j]! + (spread === 0 ? 0 : spread * rng.normal());
    return {
      x,
      send(_turn, out) {
        out.dense(x);
        if (gamma > 0) {
          oracle.gradient(x, sum);
          ops.combine(self, x, -gamma, sum, sum);
        } else ops.combine(self, x, 0, x, sum);
      },
      receive: (_turn, from, message) => ops.axpy(weight.get(from)!, message.dense(), sum),
      close() {
        ops.copy(sum, x);
        return true;
      },
    };
  },
};
