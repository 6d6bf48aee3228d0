/**
 * 3PCv2: b + C(x - b) with b = h + Q(x - y); Q in U(omega), C in B(alpha).
 * Constants: A = alpha, B = (1 - alpha) omega.
 * Payload: varint length of Q's payload, left out if that never varies | that of Q | that of C.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { contraction, corrected, difference, given, unbiasedness } from "./parts.ts";

export interface ThreePcV2Options {
  unbiased?: string;
  of?: string;
}

export const threePcV2: MapFactory<ThreePcV2Options> = {
  name: "3pcv2",
  summary: "b + C(x - b), b = h + Q(x - y)",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1",
  formulas: "A = alpha, B = (1 - alpha) omega",
  message: "Q and C",
  options: { unbiased: "spec", of: "spec" },
  defaults: {},
  example: "3pcv2:unbiased=(rand-k:ratio=0.1),of=(top-k:ratio=0.1)",
  create(options, env) {
    const unbiased = env.create(given("3pcv2", "unbiased", options.unbiased));
    const compressor = env.create(given("3pcv2", "of", options.of));
    const alpha = contraction("3pcv2", compressor);
    return {
      spec: formatSpec(threePcV2, { unbiased: unbiased.spec, of: compressor.spec }),
      A: alpha,
      B: (1 - alpha) * unbiasedness("3pcv2", unbiased),
      ...corrected("3pcv2", env, difference(env, unbiased, "x", "y"), compressor),
    };
  },
};
