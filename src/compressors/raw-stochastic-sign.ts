/**
 * Raw stochastic sign: entry i is +1 with probability 1/2 + x_i/(2|x|), else -1, without a scale: E C(x) = x/|x|, and 0 for
 * x = 0, whose entries are fair coins. What SSDM sends.
 * Class: none, for C(x) does not shrink with x.
 * Payload: sign plane, ceil(d/8) bytes, bit set = minus, unused bits zero.
 * Cost: one pass for the norm, one for the bits. Scratch: none.
 * Throws: RangeError for entries that are not finite and for a norm above the largest number of the type.
 * Source: Safaryan and Richtarik, Stochastic Sign Descent Methods, arXiv 1905.12938, definition 4.1.
 */
import type { Bytes, CompressorFactory } from "../core/contracts.ts";
import { requireLength, requirePadding, sentNorm } from "./common.ts";
import { formatSpec } from "./spec.ts";

export const rawStochasticSign: CompressorFactory<Record<never, never>> = {
  name: "raw-stochastic-sign",
  wireId: 43,
  summary: "one random bit an entry, no scale: for sign descent and majority votes",
  reference: "Safaryan and Richtarik, arXiv 1905.12938, definition 4.1",
  formulas: "none (entries are +-1 whatever x)",
  options: {},
  defaults: {},
  create(options, { ops, dim }) {
    const planeBytes = (dim + 7) >>> 3;
    const check = (payload: Bytes): void => {
      requireLength("raw-stochastic-sign", payload, planeBytes);
      requirePadding("raw-stochastic-sign", ops.arena, payload.ptr, dim);
    };
    return {
      spec: formatSpec(rawStochasticSign, options),
      dim,
      constants: { raw: true },
      maxBytes: planeBytes,
      fixedBytes: true,
      signs: 0,
      encode(x, rng, out) {
        const norm = sentNorm("raw-stochastic-sign", ops, "2", x);
        ops.typed.stochasticSignEncode(dim, x.ptr, norm > 0 ? norm : 1, rng.ptr, out.ptr); // 0/1: fair coins
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
