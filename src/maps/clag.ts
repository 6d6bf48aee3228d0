/**
 * CLAG (compressed lazy aggregation): h + C(x - h) if |x - h|^2 > zeta |x - y|^2, else h; C in B(alpha).
 * Constants: with S = sqrt(1 - alpha): A = 1 - S, B = max((1 - alpha)/(1 - S), zeta).
 * Payload: u8 0, h stays (1 byte) | u8 1, then that of C. zeta = 0 is ef21, C = identity is lag.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Algorithm 4 and Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { choice, contraction, difference, following, given, nothing, trigger } from "./parts.ts";

export interface ClagOptions {
  zeta?: number;
  of?: string;
}

export const clag: MapFactory<ClagOptions> = {
  name: "clag",
  summary: "h + C(x - h) if |x - h|^2 > zeta |x - y|^2, else h",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1",
  formulas: "A = 1 - S, B = max((1 - alpha)/(1 - S), zeta), S = sqrt(1 - alpha)",
  message: "1 byte, or 1 byte and C",
  options: { zeta: "number", of: "spec" },
  defaults: {},
  example: "clag:zeta=1,of=(top-k:ratio=0.1)",
  create(options, env) {
    const { ops } = env;
    const zeta = trigger("clag", options.zeta);
    const compressor = env.create(given("clag", "of", options.of));
    const { A, B } = following(contraction("clag", compressor));
    return {
      spec: formatSpec(clag, { zeta, of: compressor.spec }),
      A,
      B: Math.max(B, zeta),
      ...choice("clag", env, [nothing("clag"), difference(env, compressor, "x", "h")], ({ h, y, x }) =>
        ops.distance2(x, h) > zeta * ops.distance2(x, y) ? 1 : 0,
      ),
    };
  },
};
