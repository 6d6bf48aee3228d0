/**
 * LAG (lazily aggregated gradients): x if |x - h|^2 > zeta |x - y|^2, else h.
 * Constants: A = 1, B = zeta.
 * Payload: u8 0, h stays (1 byte) | u8 1, then the d elements of x - h. zeta = 0 sends whenever x is not h.
 * Source: Chen et al., LAG, arXiv 1805.09965; Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { choice, nothing, trigger, whole } from "./parts.ts";

export interface LagOptions {
  zeta?: number;
}

export const lag: MapFactory<LagOptions> = {
  name: "lag",
  summary: "x if |x - h|^2 > zeta |x - y|^2, else h",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1; arXiv 1805.09965",
  formulas: "A = 1, B = zeta",
  message: "1 byte, or 1 byte and d elements",
  options: { zeta: "number" },
  defaults: {},
  example: "lag:zeta=1",
  create(options, env) {
    const { ops } = env;
    const zeta = trigger("lag", options.zeta);
    return {
      spec: formatSpec(lag, { zeta }),
      A: 1,
      B: zeta,
      ...choice("lag", env, [nothing("lag"), whole(env)], ({ h, y, x }) =>
        ops.distance2(x, h) > zeta * ops.distance2(x, y) ? 1 : 0,
      ),
    };
  },
};
