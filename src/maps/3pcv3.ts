/**
 * 3PCv3: b + C(x - b) with b = C1_{h,y}(x), any three-point map with A1 and B1; C in B(alpha).
 * Constants: A = 1 - (1 - alpha)(1 - A1), B = (1 - alpha) B1.
 * Payload: varint length of C1's payload, left out if that never varies | that of C1 | that of C.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { contraction, corrected, given } from "./parts.ts";

export interface ThreePcV3Options {
  map?: string;
  of?: string;
}

export const threePcV3: MapFactory<ThreePcV3Options> = {
  name: "3pcv3",
  summary: "b + C(x - b), b made by another map",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1",
  formulas: "A = 1 - (1 - alpha)(1 - A1), B = (1 - alpha) B1",
  message: "C1 and C",
  options: { map: "spec", of: "spec" },
  defaults: {},
  example: "3pcv3:map=(clag:zeta=1,of=(top-k:ratio=0.1)),of=(sign)",
  create(options, env) {
    const first = env.map(given("3pcv3", "map", options.map));
    const compressor = env.create(given("3pcv3", "of", options.of));
    const left = 1 - contraction("3pcv3", compressor);
    return {
      spec: formatSpec(threePcV3, { map: first.spec, of: compressor.spec }),
      A: 1 - left * (1 - first.A),
      B: left * first.B,
      ...corrected("3pcv3", env, first, compressor),
    };
  },
};
