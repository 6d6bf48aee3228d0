/**
 * 3PCv5: x with probability p, else h + C(x - y); C in B(alpha). Every worker has a coin of its own.
 * Constants: with P = sqrt(1 - p): A = 1 - P, B = (1 - p)(1 - alpha)/(1 - P), by Young's inequality with the best weight.
 * Payload: u8 0, then that of C | u8 1, then the d elements of x - h.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { chance, choice, contraction, difference, given, whole } from "./parts.ts";

export interface ThreePcV5Options {
  p?: number;
  of?: string;
}

export const threePcV5: MapFactory<ThreePcV5Options> = {
  name: "3pcv5",
  summary: "x with probability p, else h + C(x - y)",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1",
  formulas: "A = 1 - P, B = (1 - p)(1 - alpha)/(1 - P), P = sqrt(1 - p)",
  message: "1 byte and C, or d elements with probability p",
  options: { p: "number", of: "spec" },
  defaults: {},
  example: "3pcv5:p=0.1,of=(top-k:ratio=0.1)",
  create(options, env) {
    const p = chance("3pcv5", options.p);
    const compressor = env.create(given("3pcv5", "of", options.of));
    const P = Math.sqrt(1 - p);
    return {
      spec: formatSpec(threePcV5, { p, of: compressor.spec }),
      A: 1 - P,
      B: ((1 - p) * (1 - contraction("3pcv5", compressor))) / (1 - P),
      ...choice("3pcv5", env, [difference(env, compressor, "x", "y"), whole(env)], (_points, rng) =>
        rng.coin(p) ? 1 : 0,
      ),
    };
  },
};
