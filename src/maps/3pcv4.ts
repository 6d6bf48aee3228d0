/**
 * 3PCv4: b + C1(x - b) with b = h + C2(x - h); C1 in B(alpha1), C2 in B(alpha2). It is ef21 with the residual compressor.
 * Constants: those of ef21 with alpha = 1 - (1 - alpha1)(1 - alpha2).
 * Payload: varint length of C2's payload, left out if that never varies | that of C2 | that of C1.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { contraction, corrected, difference, following, given } from "./parts.ts";

export interface ThreePcV4Options {
  first?: string;
  of?: string;
}

export const threePcV4: MapFactory<ThreePcV4Options> = {
  name: "3pcv4",
  summary: "b + C1(x - b), b = h + C2(x - h); first is C2, of is C1",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1",
  formulas: "those of ef21 with alpha = 1 - (1 - alpha1)(1 - alpha2)",
  message: "C2 and C1",
  options: { first: "spec", of: "spec" },
  defaults: {},
  example: "3pcv4:first=(top-k:ratio=0.1),of=(sign)",
  create(options, env) {
    const first = env.create(given("3pcv4", "first", options.first));
    const compressor = env.create(given("3pcv4", "of", options.of));
    const left = (1 - contraction("3pcv4", first)) * (1 - contraction("3pcv4", compressor));
    return {
      spec: formatSpec(threePcV4, { first: first.spec, of: compressor.spec }),
      ...following(1 - left),
      ...corrected("3pcv4", env, difference(env, first, "x", "h"), compressor),
    };
  },
};
