/**
 * 3PCv1: y + C(x - y), C in B(alpha). Sends y - h in full: a yardstick, not a way to save bits.
 * Constants: A = 1, B = 1 - alpha.
 * Payload: d elements of y - h | that of C(x - y), taken of x less what h is then.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { contraction, corrected, difference, given } from "./parts.ts";

export interface ThreePcV1Options {
  of?: string;
}

export const threePcV1: MapFactory<ThreePcV1Options> = {
  name: "3pcv1",
  summary: "y + C(x - y): a yardstick, it sends y in full",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1",
  formulas: "A = 1, B = 1 - alpha",
  message: "d elements and C",
  options: { of: "spec" },
  defaults: {},
  example: "3pcv1:of=(top-k:ratio=0.1)",
  create(options, env) {
    const compressor = env.create(given("3pcv1", "of", options.of));
    const base = difference(env, env.create("identity"), "y", "h");
    return {
      spec: formatSpec(threePcV1, { of: compressor.spec }),
      A: 1,
      B: 1 - contraction("3pcv1", compressor),
      ...corrected("3pcv1", env, base, compressor),
    };
  },
};
