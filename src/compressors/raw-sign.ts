/**
 * Raw sign: +1 for x_i >= 0 (-0 included) and -1 else, without a scale: what sign descent and majority votes send.
 * Class: none, for C(x) does not shrink with x; C(0) is all +1.
 * Payload: sign plane, ceil(d/8) bytes, bit i set iff x_i < 0, unused bits zero.
 * Cost: one pass. Scratch: none.
 * Throws: RangeError for entries that are not finite.
 * Source: Bernstein et al., signSGD, arXiv 1802.04434, algorithm 1 (there sgn(0) = 0, which takes more than a bit).
 */
import type { Bytes, CompressorFactory } from "../core/contracts.ts";
import { requireLength, requirePadding } from "./common.ts";
import { formatSpec } from "./spec.ts";

export const rawSign: CompressorFactory<Record<never, never>> = {
  name: "raw-sign",
  wireId: 24,
  summary: "one bit an entry, no scale: for sign descent and majority votes",
  reference: "Bernstein et al., signSGD, arXiv 1802.04434, algorithm 1",
  formulas: "none (entries are +-1 whatever x)",
  options: {},
  defaults: {},
  create(options, { ops, dim }) {
    const planeBytes = (dim + 7) >>> 3;
    const check = (payload: Bytes): void => {
      requireLength("raw-sign", payload, planeBytes);
      requirePadding("raw-sign", ops.arena, payload.ptr, dim);
    };
    return {
      spec: formatSpec(rawSign, options),
      dim,
      constants: { raw: true },
      maxBytes: planeBytes,
      fixedBytes: true,
      signs: 0,
      encode(x, _rng, out) {
        const norm = ops.typed.signEncode(dim, x.ptr, out.ptr);
        if (!(norm < Infinity)) ops.requireFinite("raw-sign", x); // else only the sum overflowed
        return planeBytes;
      },
      check,
      addTo(payload, scale, acc) {
        check(payload);
        ops.typed.signAdd(dim, scale, payload.ptr, acc.ptr);
      },
    };
  },
};
