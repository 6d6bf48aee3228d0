/**
 * Top-K with exponential dithering: the k largest entries, their values rounded at random to powers of 1/beta times their
 *   norm; times 1/zeta unless scaled=no, zeta = 1 + omega_k with omega_k that of exponential dithering in dimension k.
 * Class: scaled: B(k/(d zeta)), B1(k/(d zeta), 1), B2(k/(d zeta), 1). scaled=no: B1(k/d, zeta), B2(k/d, zeta), and
 *   B((k/d)(2 - zeta)) where zeta < 2.
 * Payload: that of composed:outer=(exponential-dithering:...),inner=(top-k:k=...).
 * Cost and scratch: those of both parts.
 * Throws: RangeError for k outside 1..d, for what exponential dithering refuses, and for entries that are not finite.
 * Source: Beznosikov et al., On Biased Compression for Distributed Learning, arXiv 2002.12410, section 2.2, lemma 11.
 */
import type { CompressorFactory } from "../core/contracts.ts";
import { keptUnbiased, NORMS, type NormKind, resolveK } from "./common.ts";
import { exponentialOmega } from "./exponential-dithering.ts";
import { formatSpec } from "./spec.ts";

export interface TopKDitheringOptions {
  k?: number;
  ratio?: number;
  beta: number;
  s: number;
  norm: NormKind;
  scaled: "yes" | "no";
}

export const topKDithering: CompressorFactory<TopKDitheringOptions> = {
  name: "top-k-dithering",
  wireId: 32,
  summary: "the k largest entries, dithered to powers of 1/beta of their norm",
  reference: "Beznosikov et al., arXiv 2002.12410, section 2.2",
  formulas: "B(k/(d zeta)), zeta = (beta + 1/beta + 2)/4 + t min(1, t), t = k^(1/min(p,2)) beta^(1-s)",
  options: { k: "integer", ratio: "number", beta: "number", s: "integer", norm: NORMS, scaled: "choice:yes|no" },
  defaults: { beta: 2, s: 8, norm: "2", scaled: "yes" },
  examples: () => ["top-k-dithering:ratio=0.1", "top-k-dithering:ratio=0.1,s=4,scaled=no"],
  create(options, { dim, create }) {
    const { beta, s, norm, scaled } = options;
    const k = resolveK("top-k-dithering", options, dim);
    const parts = create(
      `composed:outer=(exponential-dithering:beta=${beta},s=${s},norm=${norm}),inner=(top-k:k=${k})`,
    );
    const omega = exponentialOmega(k, beta, s, norm);
    const gain = scaled === "yes" ? 1 / (1 + omega) : 1;
    const own = { ...(parts.delta !== undefined && { delta: parts.delta }), constants: parts.constants };
    return {
      spec: formatSpec(topKDithering, { k, beta, s, norm, scaled }),
      dim,
      ...(scaled === "yes" ? keptUnbiased(dim === 0 ? 1 : k / dim, omega, true) : own),
      maxBytes: parts.maxBytes,
      encode: (x, rng, out) => parts.encode(x, rng, out),
      check: (payload) => parts.check(payload),
      addTo: (payload, scale, acc) => parts.addTo(payload, scale * gain, acc),
    };
  },
};
