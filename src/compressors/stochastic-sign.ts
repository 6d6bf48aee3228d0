/**
 * Stochastic sign, scaled: entry i is +|x| with probability 1/2 + x_i/(2|x|), else -|x|.
 * Class: U(d - 1), with equality for every x.
 * Payload: norm (one element, rounded to the type) | sign plane, ceil(d/8) bytes, bit set = minus, unused bits zero;
 *   E + ceil(d/8) bytes. Norm 0 (the zero vector) has an all-zero plane and adds nothing: acc keeps every bit.
 * Cost: one pass for the norm, one for the bits. Scratch: none.
 * Throws: RangeError for entries that are not finite and for a norm above the largest number of the type.
 * Source: Safaryan and Richtarik, Stochastic Sign Descent Methods, arXiv 1905.12938, definition 4.1.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { CompressorFactory } from "../core/contracts.ts";
import { sentNorm, unbiased, writeElement } from "./common.ts";
import { SignPlane } from "./sign.ts";
import { formatSpec } from "./spec.ts";

export const stochasticSign: CompressorFactory<Record<never, never>> = {
  name: "stochastic-sign",
  wireId: 8,
  summary: "one random bit an entry and the Euclidean norm; unbiased",
  reference: "Safaryan and Richtarik, Stochastic Sign Descent Methods, arXiv 1905.12938",
  formulas: "U(d - 1)",
  options: {},
  defaults: {},
  create(options, { ops, dim }) {
    const { typed, arena } = ops;
    const head = elementBytes(ops.dtype);
    const planeBytes = (dim + 7) >>> 3;
    const plane = new SignPlane("stochastic-sign", ops, dim);
    return {
      spec: formatSpec(stochasticSign, options),
      dim,
      ...unbiased(Math.max(0, dim - 1)),
      maxBytes: head + planeBytes,
      fixedBytes: true,
      signs: head,
      encode(x, rng, out) {
        const norm = sentNorm("stochastic-sign", ops, "2", x);
        writeElement(ops, out.ptr, norm);
        if (norm > 0) typed.stochasticSignEncode(dim, x.ptr, norm, rng.ptr, out.ptr + head);
        else arena.u8.fill(0, out.ptr + head, out.ptr + head + planeBytes);
        return head + planeBytes;
      },
      check: (payload) => void plane.read(payload),
      addTo(payload, scale, acc) {
        const norm = plane.read(payload);
        if (norm !== 0) typed.signAdd(dim, scale * norm, payload.ptr + head, acc.ptr);
      },
    };
  },
};
