/**
 * RandSeqK: k consecutive entries from a random place, wrapping around the end, scaled by d/k.
 * Class: U(d/k - 1), with equality for every x: each entry is sent with probability k/d, as in Rand-K.
 * Payload: first index u32 | k elements in order; 4 + k E bytes.
 * Cost: two copies, and one read of x for finiteness. Scratch: one block.
 * Throws: RangeError for k outside 1..d and for entries that are not finite.
 * Source: Burlachenko and Richtarik, arXiv 2410.08760.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { FiniteCheck, requireLength, resolveK, unbiased } from "./common.ts";
import type { RandKOptions } from "./rand-k.ts";
import { formatSpec } from "./spec.ts";

export const randSeqK: CompressorFactory<RandKOptions> = {
  name: "rand-seq-k",
  wireId: 14,
  summary: "k consecutive entries from a random place, scaled by d/k",
  reference: "Burlachenko and Richtarik, arXiv 2410.08760",
  formulas: "U(d/k - 1)",
  options: { k: "integer", ratio: "number" },
  defaults: {},
  create(options, { ops, dim }) {
    const { kernels, typed, arena } = ops;
    const k = resolveK("rand-seq-k", options, dim);
    const gain = dim === 0 ? 1 : dim / k;
    const E = elementBytes(ops.dtype);
    const maxBytes = 4 + k * E;
    const finite = new FiniteCheck(ops);
    /** Returns the first index. */
    const read = (payload: Bytes): number => {
      requireLength("rand-seq-k", payload, maxBytes);
      const first = arena.data.getUint32(payload.ptr, true);
      if (first >= Math.max(dim, 1)) {
        throw new WireError("index", `rand-seq-k: first index must be in 0..${dim - 1} (d), got ${first}`);
      }
      finite.require("rand-seq-k", k, payload.ptr + 4);
      return first;
    };
    return {
      spec: formatSpec(randSeqK, { k }),
      dim,
      ...unbiased(gain - 1),
      maxBytes,
      fixedBytes: true,
      encode(x, rng, out) {
        ops.requireFinite("rand-seq-k", x);
        const first = rng.below(Math.max(dim, 1));
        const before = Math.min(k, dim - first); // entries before the end of x
        arena.data.setUint32(out.ptr, first, true);
        kernels.move(before * E, x.ptr + first * E, out.ptr + 4);
        kernels.move((k - before) * E, x.ptr, out.ptr + 4 + before * E);
        return maxBytes;
      },
      check(payload) {
        read(payload);
      },
      addTo(payload, scale, acc) {
        const first = read(payload);
        const before = Math.min(k, dim - first);
        typed.axpyPacked(before, scale * gain, payload.ptr + 4, acc.ptr + first * E);
        typed.axpyPacked(k - before, scale * gain, payload.ptr + 4 + before * E, acc.ptr);
      },
    };
  },
};
