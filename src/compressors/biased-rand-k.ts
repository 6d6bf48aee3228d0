/**
 * Biased Rand-K: k entries drawn without replacement, as they are.
 * Class: B(k/d), with equality for every x; B1(k/d, 1), B2(k/d, 1), B3(d/k).
 * Payload: that of Rand-K: seed u32 | k elements in the order drawn; 4 + k E bytes.
 * Cost and scratch: those of Rand-K.
 * Throws: RangeError for k outside 1..d and for entries that are not finite.
 * Source: Beznosikov et al., arXiv 2002.12410, section 2.2 (biased random sparsification).
 */
import type { CompressorFactory } from "../core/contracts.ts";
import { resolveK, unscaledSampling } from "./common.ts";
import { type RandKOptions, sparsifier } from "./rand-k.ts";
import { formatSpec } from "./spec.ts";

export const biasedRandK: CompressorFactory<RandKOptions> = {
  name: "biased-rand-k",
  wireId: 5,
  summary: "k random entries, unscaled; the subset's seed is sent, not its indices",
  reference: "Beznosikov et al., arXiv 2002.12410, section 2.2",
  formulas: "B(k/d)",
  options: { k: "integer", ratio: "number" },
  defaults: {},
  create(options, env) {
    const k = resolveK("biased-rand-k", options, env.dim);
    return {
      spec: formatSpec(biasedRandK, { k }),
      ...unscaledSampling(env.dim === 0 ? 1 : k / env.dim),
      ...sparsifier("biased-rand-k", k, 1, env),
    };
  },
};
