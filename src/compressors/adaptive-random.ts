/**
 * Adaptive random sparsification: one entry, drawn with probability |x_i|/|x|_1; sent as it is, or as |x|_1 sgn(x_i).
 * Class: mode=biased: B(1/d), with equality iff all |x_i| are equal; the error is |x|^2 - |x|_3^3/|x|_1; B1(1/d, 1),
 *   B2(1/d, 1), B3(d). mode=unbiased: U(d - 1), the error being |x|_1^2 - |x|^2, with equality in the same case.
 * Payload: index, ceil(ceil(lg d)/8) bytes | one element, which is not 0. The zero vector: all bytes 0; d = 0: no bytes.
 * Cost: one scalar pass (running sums in f64), O(lg d) search. Scratch: d/32 bytes.
 * Throws: RangeError for entries that are not finite; unbiased: for a 1-norm above the type's largest number.
 * Source: Beznosikov et al., arXiv 2002.12410, section 2.2 (adaptive random sparsification).
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { readElement, requireLength, unbiased, writeElement } from "./common.ts";
import { Cumulative, finiteMax, indexBits, masking, representable, sumScale, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface AdaptiveRandomOptions {
  mode: "biased" | "unbiased";
}

export const adaptiveRandom: CompressorFactory<AdaptiveRandomOptions> = {
  name: "adaptive-random",
  wireId: 16,
  summary: "one entry, drawn in proportion to its magnitude",
  reference: "Beznosikov et al., arXiv 2002.12410, section 2.2",
  formulas: "biased: B(1/d); unbiased: U(d - 1)",
  options: { mode: "choice:biased|unbiased" },
  defaults: { mode: "biased" },
  examples: () => ["adaptive-random", "adaptive-random:mode=unbiased"],
  create(options, { ops, dim }) {
    const { arena, dtype } = ops;
    const scaled = options.mode === "unbiased";
    const head = Math.ceil(indexBits(dim) / 8);
    const maxBytes = dim === 0 ? 0 : head + elementBytes(dtype);
    const sums = new Cumulative(ops, dim);
    const views = new Views(ops);

    /** Returns the index; the element follows. */
    const read = (payload: Bytes): number => {
      requireLength("adaptive-random", payload, maxBytes);
      if (dim === 0) return 0;
      let index = 0;
      for (let i = head - 1; i >= 0; --i) index = index * 256 + arena.u8[payload.ptr + i]!;
      if (index >= dim) {
        throw new WireError("index", `adaptive-random: index must be in 0..${dim - 1} (d), got ${index}`);
      }
      const value = readElement(ops, payload.ptr + head);
      if (!Number.isFinite(value) || (value === 0 && !(Object.is(value, 0) && index === 0))) {
        throw new WireError("value", `adaptive-random: no encoder writes ${value} at index ${index}`);
      }
      return index;
    };

    return {
      spec: formatSpec(adaptiveRandom, options),
      dim,
      ...(scaled ? unbiased(Math.max(0, dim - 1)) : masking(dim === 0 ? 1 : 1 / dim)),
      maxBytes,
      fixedBytes: true,
      encode(x, rng, out) {
        const max = finiteMax("adaptive-random", ops, x);
        const f = sumScale(max);
        const total = sums.sum(x.view, f);
        const norm = scaled ? representable("adaptive-random", ops, total / f) : 0;
        const u = rng.uniform();
        if (dim === 0) return 0;
        const index = max === 0 ? 0 : sums.find(x.view, u * total);
        for (let i = 0, rest = index; i < head; ++i, rest = Math.floor(rest / 256)) arena.u8[out.ptr + i] = rest;
        const entry = x.view[index]!;
        writeElement(ops, out.ptr + head, max === 0 ? 0 : !scaled ? entry : entry < 0 ? -norm : norm);
        return maxBytes;
      },
      check: (payload) => void read(payload),
      addTo(payload, scale, acc) {
        const index = read(payload);
        const value = dim === 0 ? 0 : readElement(ops, payload.ptr + head);
        if (value === 0) return;
        const a = dtype === "f32" ? Math.fround(scale) : scale;
        const product = a * value;
        views.floats[acc.ptr / elementBytes(dtype) + index]! += dtype === "f32" ? Math.fround(product) : product;
      },
    };
  },
};
