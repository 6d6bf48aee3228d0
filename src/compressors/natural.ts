/**
 * Natural compression: each magnitude goes to one of the two powers of two around it, at random and without bias.
 * Class: U(1/8), with equality where |x_i| = 4/3 2^e. Two exceptions at the ends of the range. Subnormal entries round
 *   to 0 or the smallest normal number m (2^-126, 2^-1022): unbiased still, but their variance is at most m |x_i|, not
 *   x_i^2/8. Entries above the largest power of two (2^127, 2^1023) always go to it, since infinity is never sent: there
 *   the result is too small by up to one half.
 * Payload: f32: sign plane, ceil(d/8) bytes | d exponent bytes: 9 bits an entry. f64: d bytes (low 8 bits of the
 *   exponent) | ceil(d/2) bytes of nibbles (bit 3 sign, bits 0..2 the high bits): 12 bits an entry. Unused bits zero,
 *   exponent 0 is zero and has sign 0, the all-ones exponent is never sent.
 * Cost: one pass. Scratch: a copy of the generator's state.
 * Throws: RangeError for entries that are not finite.
 * Source: Horvath et al., Natural Compression for Distributed Deep Learning, arXiv 1905.10988, definition 1, theorem 1.
 */
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Compressor, CompressorEnv, CompressorFactory, Symbols } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { refuse, requireLength, unbiased } from "./common.ts";
import { formatSpec } from "./spec.ts";

export const natural: CompressorFactory<Record<never, never>> = {
  name: "natural",
  wireId: 11,
  summary: "sign and exponent of every entry, randomly rounded to a power of two: 9 bits (f32) or 12 bits (f64)",
  reference: "Horvath et al., Natural Compression for Distributed Deep Learning, arXiv 1905.10988, theorem 1",
  formulas: "U(1/8)",
  options: {},
  defaults: {},
  worst: (dim) => Array.from({ length: dim }, () => 4 / 3),
  create(options, env) {
    const { ops, dim } = env;
    const { kernels, typed } = ops;
    const maxBytes = ops.dtype === "f32" ? ((dim + 7) >>> 3) + dim : dim + ((dim + 1) >>> 1);
    const before = ops.scratch.take(RNG_BYTES);
    const encode: Compressor["encode"] = (x, rng, out) => {
      kernels.move(RNG_BYTES, rng.ptr, before.ptr);
      const bad = typed.naturalEncode(dim, x.ptr, rng.ptr, out.ptr);
      if (bad >= 0) {
        kernels.move(RNG_BYTES, before.ptr, rng.ptr);
        refuse("natural", bad, x);
      }
      return maxBytes;
    };
    const check: Compressor["check"] = (payload) => {
      requireLength("natural", payload, maxBytes);
      if (!typed.naturalValid(dim, payload.ptr)) {
        throw new WireError("value", "natural: payload holds an infinite entry, a negative zero or unused bits");
      }
    };
    return {
      spec: formatSpec(natural, options),
      dim,
      ...unbiased(1 / 8),
      weighted: (form) => form.largest(1 / 8, 0), // independent errors of at most x_i^2/8
      maxBytes,
      fixedBytes: true,
      encode,
      check,
      addTo(payload, scale, acc) {
        check(payload);
        typed.naturalAdd(dim, scale, payload.ptr, acc.ptr);
      },
      symbols: symbolsOf(env, maxBytes, encode, check),
    };
  },
};

/** Symbols: low 8 bits of the exponent, above them the other plane: the sign (f32), or the exponent's high bits and the sign. */
function symbolsOf(
  { ops, dim }: CompressorEnv,
  bytes: number,
  encode: Compressor["encode"],
  check: Compressor["check"],
): Symbols {
  const { kernels, scratch } = ops;
  const planes = scratch.take(bytes);
  const ptr = scratch.take(2 * dim).ptr;
  const low = scratch.take(2 * dim).ptr;
  const single = ops.dtype === "f32";
  const width = single ? 1 : 4;
  const highPlane = single ? planes.ptr : planes.ptr + dim;
  const lowPlane = single ? planes.ptr + ((dim + 7) >>> 3) : planes.ptr;
  return {
    ptr,
    count: dim,
    alphabet: 2 ** (8 + width),
    headBytes: 0,
    encode(x, rng) {
      encode(x, rng, planes);
      kernels.unpack16(dim, 8, lowPlane, low);
      kernels.unpack16(dim, width, highPlane, ptr);
      kernels.symbolsJoin(dim, 8, low, ptr, ptr);
    },
    pack(_head, out) {
      kernels.move(bytes, planes.ptr, out.ptr);
      return bytes;
    },
    check() {
      kernels.symbolsSplit(dim, 8, ptr, low, ptr);
      kernels.pack16(dim, 8, low, lowPlane);
      kernels.pack16(dim, width, ptr, highPlane);
      check(planes);
    },
    addTo: (_head, scale, acc) => ops.typed.naturalAdd(dim, scale, planes.ptr, acc.ptr),
  };
}
