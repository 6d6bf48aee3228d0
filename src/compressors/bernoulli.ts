/**
 * Bernoulli: the whole vector with probability p, else nothing; one coin a vector.
 * Class: scaled by 1/p (default): U(1/p - 1); unscaled: B(p). Both with equality for every x.
 * Payload: flag u8: 0, nothing sent (1 byte); 1, then d elements as they are (1 + d E bytes). Mean 1 + p d E.
 * Cost: one read of x, one copy if sent. Scratch: one block.
 * Throws: RangeError for p outside (0, 1] and for entries that are not finite.
 * Source: Shulgin and Richtarik, Shifted Compression Framework, section 2, footnote 2.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Compressor, CompressorFactory } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { FiniteCheck, requireHead, requireLength, unbiased, unscaledSampling } from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface BernoulliOptions {
  p?: number;
  scaled: "yes" | "no";
}

export const bernoulli: CompressorFactory<BernoulliOptions> = {
  name: "bernoulli",
  wireId: 3,
  summary: "the whole vector with probability p (scaled by 1/p unless scaled=no), else nothing",
  reference: "Shulgin and Richtarik, Shifted Compression Framework, section 2, footnote 2",
  formulas: "scaled: U(1/p - 1); unscaled: B(p)",
  options: { p: "number", scaled: "choice:yes|no" },
  defaults: { scaled: "yes" },
  examples: () => ["bernoulli:p=0.1", "bernoulli:p=0.1,scaled=no"],
  create(options, { ops, dim }) {
    const { p, scaled } = options;
    if (p === undefined || !(p > 0 && p <= 1)) throw new RangeError(`bernoulli: p must be in (0, 1], got ${p}`);
    const values = dim * elementBytes(ops.dtype);
    const gain = scaled === "yes" ? 1 / p : 1;
    const finite = new FiniteCheck(ops);
    const check: Compressor["check"] = (payload) => {
      requireHead("bernoulli", payload, 1);
      const flag = ops.arena.data.getUint8(payload.ptr);
      if (flag > 1) throw new WireError("kind", `bernoulli: the flag must be 0 or 1, got ${flag}`);
      requireLength("bernoulli", payload, flag === 0 ? 1 : 1 + values);
      if (flag === 1) finite.require("bernoulli", dim, payload.ptr + 1);
    };
    return {
      spec: formatSpec(bernoulli, options),
      dim,
      ...(scaled === "yes" ? unbiased(1 / p - 1) : unscaledSampling(p)),
      maxBytes: 1 + values,
      encode(x, rng, out) {
        ops.requireFinite("bernoulli", x);
        const sent = rng.coin(p);
        ops.arena.data.setUint8(out.ptr, sent ? 1 : 0);
        if (!sent) return 1;
        ops.kernels.move(values, x.ptr, out.ptr + 1);
        return 1 + values;
      },
      check,
      addTo(payload, scale, acc) {
        check(payload);
        if (payload.length > 1) ops.typed.axpyPacked(dim, scale * gain, payload.ptr + 1, acc.ptr);
      },
    };
  },
};
