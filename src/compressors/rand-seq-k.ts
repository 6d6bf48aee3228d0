/**
 * RandSeqK: k consecutive entries from a random place, wrapping around the end, scaled by d/k.
 * Class: U(d/k - 1), with equality for every x: each entry is sent with probability k/d, as in Rand-K.
 * Payload: first index u32 | k elements in order; 4 + k E bytes.
 * Cost: two copies, and one read of x for finiteness. Scratch: one block.
 * Throws: RangeError for k outside 1..d and for entries that are not finite.
 * Source: Burlachenko and Richtarik, arXiv 2410.08760.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory, Rng, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { FiniteCheck, requireHead, requireLength, resolveK, unbiased } from "./common.ts";
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
    /** Index of the split's selection read last. */
    let from = 0;
    const readFirst = (payload: Bytes): number => {
      const first = arena.data.getUint32(payload.ptr, true);
      if (first >= Math.max(dim, 1)) {
        throw new WireError("index", `rand-seq-k: first index must be in 0..${dim - 1} (d), got ${first}`);
      }
      return first;
    };
    /** Returns the first index. */
    const read = (payload: Bytes): number => {
      requireLength("rand-seq-k", payload, maxBytes);
      const first = readFirst(payload);
      finite.require("rand-seq-k", k, payload.ptr + 4);
      return first;
    };
    const select = (x: Vec, rng: Rng, out: Bytes, values: number): void => {
      ops.requireFinite("rand-seq-k", x);
      const first = rng.below(Math.max(dim, 1));
      const before = Math.min(k, dim - first); // entries before the end of x
      arena.data.setUint32(out.ptr, first, true);
      kernels.move(before * E, x.ptr + first * E, values);
      kernels.move((k - before) * E, x.ptr, values + before * E);
    };
    const add = (values: number, first: number, scale: number, acc: Vec): void => {
      const before = Math.min(k, dim - first);
      typed.axpyPacked(before, scale, values, acc.ptr + first * E);
      typed.axpyPacked(k - before, scale, values + before * E, acc.ptr);
    };
    return {
      spec: formatSpec(randSeqK, { k }),
      dim,
      ...unbiased(gain - 1),
      maxBytes,
      fixedBytes: true,
      encode(x, rng, out) {
        select(x, rng, out, out.ptr + 4);
        return maxBytes;
      },
      check(payload) {
        read(payload);
      },
      addTo(payload, scale, acc) {
        add(payload.ptr + 4, read(payload), scale * gain, acc);
      },
      split: {
        k,
        gain,
        maxBytes: 4,
        fixedBytes: true,
        encode(x, rng, out, values) {
          select(x, rng, out, values.ptr);
          return 4;
        },
        read(payload) {
          requireHead("rand-seq-k", payload, 4);
          from = readFirst(payload);
          return 4;
        },
        addTo: (values, scale, acc) => add(values.ptr, from, scale, acc),
      },
    };
  },
};
