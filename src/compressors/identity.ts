/**
 * Identity: sends the vector as it is.
 * Class: U(0), B(1).
 * Payload: d elements, little-endian; d E bytes.
 * Cost: one copy. Scratch: one block.
 * Throws: RangeError for entries that are not finite.
 * Source: notation of Beznosikov et al., arXiv 2002.12410, section 2.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Compressor, CompressorFactory } from "../core/contracts.ts";
import { FiniteCheck, requireLength } from "./common.ts";
import { formatSpec } from "./spec.ts";

export const identity: CompressorFactory<Record<never, never>> = {
  name: "identity",
  wireId: 1,
  summary: "sends the vector as it is",
  reference: "Beznosikov et al., arXiv 2002.12410, section 2",
  formulas: "U(0), B(1)",
  options: {},
  defaults: {},
  create(options, { ops, dim }) {
    const maxBytes = dim * elementBytes(ops.dtype);
    const finite = new FiniteCheck(ops);
    const check: Compressor["check"] = (payload) => {
      requireLength("identity", payload, maxBytes);
      finite.require("identity", dim, payload.ptr);
    };
    return {
      spec: formatSpec(identity, options),
      dim,
      omega: 0,
      delta: 1,
      constants: { omega: 0, delta: 1, B1: [1, 1], B2: [1, 1], B3: 1, eta: 0, variance: 0 },
      maxBytes,
      fixedBytes: true,
      encode(x, _rng, out) {
        ops.requireFinite("identity", x);
        ops.kernels.move(maxBytes, x.ptr, out.ptr);
        return maxBytes;
      },
      check,
      addTo(payload, scale, acc) {
        check(payload);
        ops.typed.axpyPacked(dim, scale, payload.ptr, acc.ptr);
      },
    };
  },
};
