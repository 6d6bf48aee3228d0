/**
 * Zero: C(x) = 0, the compressor C_i = 0 of shift updates.
 * Class: none (the error is |x|^2 exactly, so delta would be 0).
 * Payload: empty.
 * Cost: one read of x for finiteness. Scratch: none.
 * Throws: RangeError for entries that are not finite.
 * Source: Shulgin and Richtarik, Shifted Compression Framework, section 3 (the operator O).
 */
import type { CompressorFactory } from "../core/contracts.ts";
import { requireLength } from "./common.ts";
import { formatSpec } from "./spec.ts";

export const zero: CompressorFactory<Record<never, never>> = {
  name: "zero",
  wireId: 2,
  summary: "sends nothing: C(x) = 0",
  reference: "Shulgin and Richtarik, Shifted Compression Framework, section 3",
  formulas: "error |x|^2",
  options: {},
  defaults: {},
  create(options, { ops, dim }) {
    return {
      spec: formatSpec(zero, options),
      dim,
      constants: { eta: 1, variance: 0 },
      maxBytes: 0,
      fixedBytes: true,
      encode(x) {
        ops.requireFinite("zero", x);
        return 0;
      },
      check(payload) {
        requireLength("zero", payload, 0);
      },
      addTo(payload) {
        requireLength("zero", payload, 0);
      },
    };
  },
};
