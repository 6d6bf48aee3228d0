/**
 * Natural dithering: |x_i| / norm is rounded at random, without bias, to a level of 0, 2^(1-s), ..., 1/4, 1/2, 1.
 * Class: U(1/8 + t min(1, t)) with t = sqrt(d) 2^(1-s), for either norm; s = 1 has the exact constants of random
 *   dithering with one level: sqrt(d) - 1 (Euclidean), (sqrt(d) - 1)/2 (max).
 * Payload: that of random dithering, level j > 0 meaning 2^(j-s); fixed width 1 + ceil(lg(s + 1)).
 * Cost: two passes, and one for each form that is tried. Scratch: 2 d bytes; 8 d more unless coding=fixed.
 * Throws: RangeError for s outside 1..64, for entries that are not finite, for a norm above the type's largest number.
 * Source: Horvath et al., Natural Compression for Distributed Deep Learning, arXiv 1905.10988, definition 6, theorem 7.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { CompressorFactory } from "../core/contracts.ts";
import { BLOCK, type NormKind, requireInteger, unbiased } from "./common.ts";
import { type Coding, GammaCoder, type LevelFamily, levelCompressor } from "./levels.ts";
import { ditheringOmega } from "./random-dithering.ts";
import { formatSpec } from "./spec.ts";

export interface NaturalDitheringOptions {
  s: number;
  norm: NormKind;
  coding: Coding;
}

function omegaOf(dim: number, s: number, norm: NormKind): number {
  if (s === 1 || dim === 0) return ditheringOmega(dim, 1, norm);
  const t = Math.sqrt(dim) * 2 ** (1 - s);
  return 1 / 8 + t * Math.min(1, t);
}

export const naturalDithering: CompressorFactory<NaturalDitheringOptions> = {
  name: "natural-dithering",
  wireId: 12,
  summary: "magnitudes randomly rounded to s powers of two below the norm",
  reference: "Horvath et al., Natural Compression for Distributed Deep Learning, arXiv 1905.10988, theorem 7",
  formulas: "U(1/8 + t min(1, t)), t = sqrt(d) 2^(1-s)",
  options: { s: "integer", norm: "choice:2|max", coding: "choice:auto|fixed|elias" },
  defaults: { s: 8, norm: "2", coding: "auto" },
  create(options, env) {
    const { s, norm, coding } = options;
    requireInteger("natural-dithering: s", s, 64);
    const coder = new GammaCoder("natural-dithering", env.ops, env.dim, s, coding);
    return {
      spec: formatSpec(naturalDithering, options),
      ...unbiased(omegaOf(env.dim, s, norm)),
      ...levelCompressor("natural-dithering", env, norm, powersOfTwo(env.ops, s), coder),
    };
  },
};

function powersOfTwo({ typed, arena, dtype, scratch }: Ops, s: number): LevelFamily {
  const size = elementBytes(dtype);
  const values = scratch.take(BLOCK * size).ptr;
  const table = Float64Array.from({ length: 2 * s + 2 }, (_, code) =>
    code < 2 ? 0 : (code & 1 ? -1 : 1) * 2 ** ((code >> 1) - s),
  );
  return {
    units: 1,
    draw: (n, c, x, rng, codes) => typed.naturalDitherCodes(n, c, s, x, rng, codes),
    add: (n, a, codes, acc) => typed.naturalCodesAdd(n, a, s, codes, acc),
    addSparse(k, a, codes, indices, acc) {
      const data = arena.data;
      for (let from = 0; from < k; from += BLOCK) {
        const count = Math.min(BLOCK, k - from);
        for (let i = 0; i < count; ++i) {
          const value = table[data.getUint16(codes + 2 * (from + i), true)]!;
          if (size === 4) data.setFloat32(values + 4 * i, value, true);
          else data.setFloat64(values + 8 * i, value, true);
        }
        typed.scatterAdd(count, a, values, indices + 4 * from, acc);
      }
    },
  };
}
