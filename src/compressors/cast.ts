/**
 * Casts to 16 bits: every entry as fp16 or bf16, to the nearest (ties to even) or at random without bias.
 * Class: u = 2^-11 (fp16), 2^-8 (bf16). Nearest: B(1 - (u/(1 + u))^2), with equality at x = 1 + u, where the entry is the
 *   tie of two neighbours. Stochastic: U(u^2/(1 + 2u)), with equality at x = 1 + u/(1 + u). Exceptions at the ends of the
 *   range: magnitudes above the largest number (fp16: 65504) go to it. Entries below the smallest normal number (fp16:
 *   2^-14, bf16: 2^-126) have an absolute error: at most 2^-25 (2^-134) to the nearest, a variance of at most
 *   2^-24 |x_i| (2^-133 |x_i|) at random, where they stay unbiased. fp16 therefore is no compressor for gradients far
 *   from 1; scale them first.
 * Payload: d codes u16, IEEE 754 binary16, or the upper half of binary32; 2 d bytes. Codes are finite, zero is +0.
 * Cost: one pass, and one for finiteness. Scratch: none.
 * Throws: RangeError for entries that are not finite.
 * Source: IEEE 754-2019, sections 3.6 and 4.3; stochastic: Gupta et al., arXiv 1502.02551, section 3.1; the constants:
 *   the largest relative error, and the maximum of t(2u - t)/(1 + t)^2, between the neighbours 1 and 1 + 2u.
 */
import type { Compressor, CompressorFactory } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { entrywise, requireLength, unbiased } from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface CastOptions {
  to: "bf16" | "fp16";
  rounding: "nearest" | "stochastic";
}

export const cast: CompressorFactory<CastOptions> = {
  name: "cast",
  wireId: 28,
  summary: "every entry as a 16-bit float",
  reference: "IEEE 754-2019, section 4.3; Gupta et al., arXiv 1502.02551, section 3.1",
  formulas: "nearest: B(1 - (u/(1 + u))^2); stochastic: U(u^2/(1 + 2u)); u = 2^-8 (bf16), 2^-11 (fp16)",
  options: { to: "choice:bf16|fp16", rounding: "choice:nearest|stochastic" },
  defaults: { to: "bf16", rounding: "nearest" },
  examples: () => ["cast", "cast:to=fp16", "cast:rounding=stochastic"],
  create(options, { ops, dim }) {
    const { kernels, typed } = ops;
    const half = options.to === "fp16" ? 1 : 0;
    const stochastic = options.rounding === "stochastic";
    const u = half ? 2 ** -11 : 2 ** -8;
    const error = u / (1 + u);
    const check: Compressor["check"] = (payload) => {
      requireLength("cast", payload, 2 * dim);
      if (!kernels.castValid(dim, half, payload.ptr)) {
        throw new WireError("value", `cast: payload holds a ${options.to} that is not finite, or a negative zero`);
      }
    };
    const stated = stochastic ? unbiased((u * u) / (1 + 2 * u)) : entrywise(1 - error, 1 + error, 1 - error * error);
    return {
      spec: formatSpec(cast, options),
      dim,
      ...stated,
      constants: { ...stated.constants, ...(half ? { range: 65504 } : {}) },
      maxBytes: 2 * dim,
      fixedBytes: true,
      encode(x, rng, out) {
        ops.requireFinite("cast", x);
        if (stochastic) typed.castDither(dim, half, x.ptr, rng.ptr, out.ptr);
        else typed.castNearest(dim, half, x.ptr, out.ptr);
        return 2 * dim;
      },
      check,
      addTo(payload, scale, acc) {
        check(payload);
        typed.castAdd(dim, half, scale, payload.ptr, acc.ptr);
      },
    };
  },
};
