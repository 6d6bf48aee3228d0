/**
 * EF21: h + C(x - h), C in B(alpha).
 * Constants: with S = sqrt(1 - alpha): A = 1 - S, B = (1 - alpha)/(1 - S); y is not used, so this holds for every y.
 * Payload: that of C.
 * Source: Richtarik, Sokolov and Fatkhullin, arXiv 2106.05203; Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { contraction, difference, following, given } from "./parts.ts";

export interface Ef21Options {
  of?: string;
}

export const ef21: MapFactory<Ef21Options> = {
  name: "ef21",
  summary: "h + C(x - h)",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1; arXiv 2106.05203",
  formulas: "A = 1 - S, B = (1 - alpha)/(1 - S), S = sqrt(1 - alpha)",
  message: "C",
  options: { of: "spec" },
  defaults: {},
  example: "ef21:of=(top-k:ratio=0.1)",
  create(options, env) {
    const compressor = env.create(given("ef21", "of", options.of));
    return {
      spec: formatSpec(ef21, { of: compressor.spec }),
      ...following(contraction("ef21", compressor)),
      ...difference(env, compressor, "x", "h"),
    };
  },
};
