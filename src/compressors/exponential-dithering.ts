/**
 * Exponential dithering: |x_i| / norm is rounded at random, without bias, to a level of 0, beta^(1-s), ..., 1/beta, 1.
 *   beta = 2 is natural dithering, to the byte.
 * Class: U((beta + 1/beta + 2)/4 - 1 + t min(1, t)), t = d^(1/r) beta^(1-s), r = min(p, 2); s = 1 has the constants of
 *   random dithering with one level.
 * Payload: that of random dithering, level j > 0 meaning beta^(j-s), the powers made by repeated division in f64.
 * Cost: two passes, ceil(lg(s + 2)) comparisons an entry, and one pass for each form that is tried. Scratch: 2 d bytes;
 *   8 d more unless coding=fixed.
 * Throws: RangeError for beta not above 1, s outside 1..1000, beta^(s-1) above 2^1000, for entries that are not finite,
 *   for a norm above the type's largest number.
 * Source: Horvath et al., Natural Compression for Distributed Deep Learning, arXiv 1905.10988, definition 6, theorem 7;
 *   Beznosikov et al., arXiv 2002.12410, section 2.2 (base b).
 */
import type { Vec } from "../../bindings/arena.ts";
import type { CompressorFactory } from "../core/contracts.ts";
import { NORMS, type NormKind, requireInteger, unbiased } from "./common.ts";
import { type Coding, GammaCoder, levelCompressor } from "./levels.ts";
import { ditheringOmega } from "./random-dithering.ts";
import { formatSpec } from "./spec.ts";

export interface ExponentialDitheringOptions {
  beta: number;
  s: number;
  norm: NormKind;
  coding: Coding;
}

/** The stated omega. */
export function exponentialOmega(dim: number, beta: number, s: number, norm: NormKind): number {
  if (s === 1 || dim === 0) return ditheringOmega(dim, 1, norm);
  let edge = norm === "1" ? dim : Math.sqrt(dim); // d^(1/r)
  for (let j = 1; j < s; ++j) edge /= beta;
  return (beta + 1 / beta - 2) / 4 + edge * Math.min(1, edge);
}

export const exponentialDithering: CompressorFactory<ExponentialDitheringOptions> = {
  name: "exponential-dithering",
  wireId: 25,
  summary: "magnitudes randomly rounded to s powers of 1/beta times the norm",
  reference: "Horvath et al., arXiv 1905.10988, theorem 7; Beznosikov et al., arXiv 2002.12410, section 2.2",
  formulas: "U((beta + 1/beta - 2)/4 + t min(1, t)), t = d^(1/min(p,2)) beta^(1-s)",
  options: { beta: "number", s: "integer", norm: NORMS, coding: "choice:auto|fixed|elias" },
  defaults: { beta: 2, s: 8, norm: "2", coding: "auto" },
  examples: () => ["exponential-dithering", "exponential-dithering:beta=1.5,s=16"],
  create(options, env) {
    const { beta, s, norm, coding } = options;
    if (!(beta > 1 && beta < Infinity)) {
      throw new RangeError(`exponential-dithering: beta must be above 1 and finite, got ${beta}`);
    }
    requireInteger("exponential-dithering: s", s, 1000);
    const { typed, arena } = env.ops;
    const depth = 32 - Math.clz32(s + 1); // one Infinity at least
    const table = arena.vec(2 ** depth, "f64");
    powers(table, beta, s);
    const coder = new GammaCoder("exponential-dithering", env.ops, env.dim, s, coding);
    return {
      spec: formatSpec(exponentialDithering, options),
      ...unbiased(exponentialOmega(env.dim, beta, s, norm)),
      ...levelCompressor(
        "exponential-dithering",
        env,
        norm,
        {
          units: 1,
          draw: (n, c, x, rng, codes) => typed.gridCodes(n, c, depth, table.ptr, x, rng, codes),
          add: (n, a, codes, acc) => typed.gridAdd(n, a, table.ptr, codes, acc),
          addSparse: (k, a, codes, indices, acc) => typed.gridScatterAdd(k, a, table.ptr, codes, indices, acc),
        },
        coder,
      ),
    };
  },
};

/** 0, beta^(1-s), ..., 1, Infinity, ... @throws RangeError where they would underflow */
function powers(table: Vec, beta: number, s: number): void {
  const view = table.view.fill(Infinity);
  view[0] = 0;
  for (let j = s, level = 1; j > 0; --j, level /= beta) {
    if (level < 2 ** -1000) {
      throw new RangeError(`exponential-dithering: beta^(s-1) must be at most 2^1000, got beta=${beta}, s=${s}`);
    }
    view[j] = level;
  }
}
