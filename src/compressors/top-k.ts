/**
 * Top-K: the k entries of largest magnitude, ties to the lower index; always k entries, zeros included.
 * Class: B(k/d), with equality iff all |x_i| are equal; B1(k/d, 1), B2(k/d, 1), B3(d/k). Deterministic.
 * Payload: index set (docs/wire-format.md) of the k of d indices | k elements in the order of the indices. The index set
 *   tells its own length and the rest must be k E bytes.
 * Cost: O(d) selection, O(k) packing. Scratch: 4 k bytes and what the selection asks for.
 * Throws: RangeError for k outside 1..d and for entries that are not finite.
 * Source: Beznosikov et al., arXiv 2002.12410, section 2.2 (greedy sparsification); Alistarh et al., arXiv 1809.10505.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { FiniteCheck, projection, refuse, requireEnd, requireHead, resolveK } from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface TopKOptions {
  k?: number;
  ratio?: number;
}

export const topK: CompressorFactory<TopKOptions> = {
  name: "top-k",
  wireId: 6,
  summary: "the k entries of largest magnitude, with their indices",
  reference: "Beznosikov et al., arXiv 2002.12410, section 2.2",
  formulas: "B(k/d)",
  options: { k: "integer", ratio: "number" },
  defaults: {},
  create(options, { ops, dim }) {
    const k = resolveK("top-k", options, dim);
    const { kernels, typed } = ops;
    const valueBytes = k * elementBytes(ops.dtype);
    const indices = ops.scratch.take(4 * k);
    const selection = ops.scratch.take(k === 0 ? 0 : kernels.topKScratch(dim, k) >>> 0);
    const finite = new FiniteCheck(ops);
    /** Decodes the indices from at most `room` bytes and returns how many they took. */
    const readIndices = (payload: Bytes, room: number): number => {
      const used = kernels.indicesDecode(dim, k, payload.ptr, room, indices.ptr);
      if (used < 0) throw new WireError("index", `top-k: payload holds no ${k} ascending indices below ${dim}`);
      return used;
    };
    const writeIndices = (x: Vec, out: Bytes): number => {
      const found = k === 0 ? 0 : typed.topK(dim, k, x.ptr, indices.ptr, selection.ptr);
      if (found < 0) refuse("top-k", -1 - found, x);
      return kernels.indicesEncode(dim, k, indices.ptr, out.ptr);
    };
    /** Decodes the indices and returns where the values begin. */
    const read = (payload: Bytes): number => {
      requireHead("top-k", payload, valueBytes + 1);
      const used = readIndices(payload, payload.length - valueBytes);
      requireEnd("top-k", payload.length, used + valueBytes);
      finite.require("top-k", k, payload.ptr + used);
      return payload.ptr + used;
    };
    return {
      spec: formatSpec(topK, { k }),
      dim,
      ...projection(dim === 0 ? 1 : k / dim),
      maxBytes: kernels.indicesMaxBytes(dim, k) + valueBytes,
      encode(x, _rng, out) {
        const used = writeIndices(x, out);
        typed.gather(k, 1, x.ptr, indices.ptr, out.ptr + used);
        return used + valueBytes;
      },
      check(payload) {
        read(payload);
      },
      addTo(payload, scale, acc) {
        typed.scatterAdd(k, scale, read(payload), indices.ptr, acc.ptr);
      },
      split: {
        k,
        gain: 1,
        maxBytes: kernels.indicesMaxBytes(dim, k),
        encode(x, _rng, out, values) {
          const used = writeIndices(x, out);
          typed.gather(k, 1, x.ptr, indices.ptr, values.ptr);
          return used;
        },
        read: (payload) => readIndices(payload, payload.length),
        addTo: (values, scale, acc) => typed.scatterAdd(k, scale, values.ptr, indices.ptr, acc.ptr),
      },
    };
  },
};
