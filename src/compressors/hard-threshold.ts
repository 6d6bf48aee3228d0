/**
 * Hard threshold: the entries with |x_i| >= lambda, as they are; zeros are never sent.
 * Class: absolute=lambda: none, |C(x) - x|^2 < d lambda^2 (the property `absolute`). relative=c, lambda = c |x|/sqrt(d),
 *   c < 1: B(1 - c^2 (d-1)/d), since at most d - 1 entries are dropped, each below lambda. max=c, lambda = c max|x|, c <= 1:
 *   B(1/(1 + (d-1) c^2)), since the largest entry is kept. Both bounds are approached by one large entry and d - 1 just
 *   below lambda. Deterministic.
 * Payload: varint count | index set (count of d) | count elements, in the order of the indices.
 * Cost: a norm and one scalar pass. Scratch: 4 d bytes.
 * Throws: RangeError for options out of range or not exactly one of them, for entries that are not finite, and for a
 *   Euclidean norm above the largest f64.
 * Source: Dutta et al., AAAI 2020 (threshold-v); Sahu et al., arXiv 2108.00951 (hard threshold as absolute compressor).
 *   Public code (GRACE) caps lambda by the largest signed entry, and so drops vectors of negative entries: here magnitudes.
 */
import type { CompressorFactory, Constants, Vec } from "../core/contracts.ts";
import { projection } from "./common.ts";
import { finiteMax, SparseValues, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface HardThresholdOptions {
  absolute?: number;
  relative?: number;
  max?: number;
}

function constantsOf(options: HardThresholdOptions, dim: number): { delta?: number; constants: Constants } {
  const { absolute, relative, max } = options;
  const given = [absolute, relative, max].filter((value) => value !== undefined).length;
  if (given !== 1) throw new RangeError(`hard-threshold: give one of absolute, relative and max, got ${given}`);
  const others = Math.max(0, dim - 1);
  if (absolute !== undefined) {
    if (absolute > 0 && absolute < Infinity) return { constants: { absolute: dim * absolute * absolute } };
    throw new RangeError(`hard-threshold: absolute must be above 0 and finite, got ${absolute}`);
  }
  if (relative !== undefined) {
    if (relative > 0 && relative < 1) return projection(1 - (relative * relative * others) / Math.max(1, dim));
    throw new RangeError(`hard-threshold: relative must be in (0, 1), got ${relative}`);
  }
  if (max! > 0 && max! <= 1) return projection(1 / (1 + others * max! * max!));
  throw new RangeError(`hard-threshold: max must be in (0, 1], got ${max}`);
}

export const hardThreshold: CompressorFactory<HardThresholdOptions> = {
  name: "hard-threshold",
  wireId: 18,
  summary: "the entries of at least a given magnitude: absolute, of |x|/sqrt(d), or of the largest",
  reference: "Dutta et al., AAAI 2020; Sahu et al., arXiv 2108.00951",
  formulas: "absolute: error < d lambda^2; relative: B(1 - c^2 (d-1)/d); max: B(1/(1 + (d-1) c^2))",
  options: { absolute: "number", relative: "number", max: "number" },
  defaults: {},
  examples: () => ["hard-threshold:relative=0.9", "hard-threshold:max=0.5", "hard-threshold:absolute=1"],
  create(options, { ops, dim }) {
    const values = new SparseValues("hard-threshold", ops, dim, dim);
    const views = new Views(ops);
    const indices = values.set.indices;

    /** At most `largest` unless absolute, so that rounding cannot drop every entry. */
    const threshold = (x: Vec, largest: number): number => {
      if (options.absolute !== undefined) return options.absolute;
      if (options.max !== undefined) return options.max * largest;
      const norm = ops.norm2(x);
      if (norm < Infinity) return Math.min(largest, (options.relative! * norm) / Math.sqrt(dim));
      throw new RangeError(`hard-threshold: the norm must be at most the largest f64, got ${norm}`);
    };

    return {
      spec: formatSpec(hardThreshold, options),
      dim,
      ...constantsOf(options, dim),
      maxBytes: values.maxBytes,
      encode(x, _rng, out) {
        const largest = finiteMax("hard-threshold", ops, x);
        // a threshold that underflowed still drops zeros
        const lambda = largest === 0 ? Infinity : Math.max(Number.MIN_VALUE, threshold(x, largest));
        const entries = x.view;
        const u32 = views.u32;
        const first = indices >>> 2;
        let to = first;
        for (let i = 0; i < dim; ++i) {
          u32[to] = i; // overwritten unless it counts: no branch to mispredict
          to += +(Math.abs(entries[i]!) >= lambda);
        }
        return values.write(to - first, x, out);
      },
      check: (payload) => void values.read(payload),
      addTo: (payload, scale, acc) => values.addTo(payload, scale, acc),
    };
  },
};
