/**
 * Qsparse: a sparsifier (mode=top: Top-K, mode=rand: Rand-K as it is) and random dithering of the k kept values, scaled by
 *   1/(1 + omega_k), omega_k being that of random dithering in dimension k; mode=sign: SignTop_K, the signs of the k largest
 *   entries times their mean magnitude.
 * Class: top, rand: B(k/(d (1 + omega_k))), omega_k = min(k/(4 s^2), sqrt(k)/s). sign: B(min(1/k, k/d)): the ratio
 *   |Top_K(x)|_1^2/(k |x|^2) is smallest at a spike (1/k) or at a flat vector (k/d), as |x|^2 is convex on the ordered cone
 *   whose rays are the vectors of m equal entries; the paper states 1/d.
 * Payload: that of composed:outer=(random-dithering:s=...),inner=(top-k:k=...), or biased-rand-k, or outer=(sign).
 * Cost and scratch: those of both parts.
 * Throws: RangeError for k outside 1..d, s outside 1..32767, and for entries that are not finite.
 * Source: Basu et al., Qsparse-local-SGD, arXiv 1906.02367, lemmas 1 to 3.
 */
import type { CompressorFactory } from "../core/contracts.ts";
import { keptUnbiased, projection, resolveK } from "./common.ts";
import { ditheringOmega } from "./random-dithering.ts";
import { formatSpec } from "./spec.ts";

export interface QsparseOptions {
  mode: "top" | "rand" | "sign";
  k?: number;
  ratio?: number;
  s: number;
}

export const qsparse: CompressorFactory<QsparseOptions> = {
  name: "qsparse",
  wireId: 31,
  summary: "k kept entries, their values dithered to s levels, or their signs and mean magnitude",
  reference: "Basu et al., Qsparse-local-SGD, arXiv 1906.02367, lemmas 1 to 3",
  formulas: "B(k/(d (1 + min(k/(4s^2), sqrt(k)/s)))); sign: B(min(1/k, k/d))",
  options: { mode: "choice:top|rand|sign", k: "integer", ratio: "number", s: "integer" },
  defaults: { mode: "top", s: 4 },
  examples: () => ["qsparse:ratio=0.1", "qsparse:mode=rand,ratio=0.1", "qsparse:mode=sign,ratio=0.1"],
  create(options, { dim, create }) {
    const { mode, s } = options;
    const k = resolveK("qsparse", options, dim);
    const outer = mode === "sign" ? "sign" : `random-dithering:s=${s}`;
    const inner = mode === "rand" ? `biased-rand-k:k=${k}` : `top-k:k=${k}`;
    const parts = create(`composed:outer=(${outer}),inner=(${inner})`);
    const omega = mode === "sign" ? 0 : ditheringOmega(k, s, "2");
    const worst = dim === 0 ? 1 : Math.min(1 / k, k / dim);
    return {
      spec: formatSpec(qsparse, { mode, k, ...(mode === "sign" ? {} : { s }) }),
      dim,
      ...(mode === "sign" ? projection(worst) : keptUnbiased(dim === 0 ? 1 : k / dim, omega, mode === "top")),
      maxBytes: parts.maxBytes,
      ...(parts.fixedBytes ? { fixedBytes: true as const } : {}),
      encode: (x, rng, out) => parts.encode(x, rng, out),
      check: (payload) => parts.check(payload),
      addTo: (payload, scale, acc) => parts.addTo(payload, scale / (1 + omega), acc),
    };
  },
};
