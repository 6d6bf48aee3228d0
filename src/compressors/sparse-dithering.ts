/**
 * Sparse dithering: |x_i|/|x| is rounded to a multiple of 2h, h = sqrt(nu/d): to the nearest (ties upward), or at random
 *   without bias.
 * Class: deterministic: B(1 - nu), nu < 1: each entry is off by at most h and at most itself; equality where all are off
 *   by h. randomised: U(min(nu, 2 sqrt(nu))): random dithering with s = sqrt(d)/(2 sqrt(nu)) levels, not an integer. At most
 *   d/nu entries are non-zero, on average at most d/(2 sqrt(nu)) with mode=randomised.
 * Payload: that of random dithering with ceil(s) levels (form u8 | norm | levels), value_i = +-level_i norm/s.
 * Cost: two passes (deterministic: one of them scalar) and one for each form that is tried. Scratch: 10 d bytes.
 * Throws: RangeError for nu out of range ((0, 1), randomised (0, Infinity), s at most 32767), for entries that are not
 *   finite, for a norm above the type's largest number.
 * Source: Albasyoni, Safaryan, Condat, Richtarik, arXiv 2010.03246 (sparse dithering).
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { CompressorFactory } from "../core/contracts.ts";
import { unbiased } from "./common.ts";
import { GammaCoder, levelCompressor } from "./levels.ts";
import { contraction, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface SparseDitheringOptions {
  nu: number;
  mode: "deterministic" | "randomised";
}

export const sparseDithering: CompressorFactory<SparseDitheringOptions> = {
  name: "sparse-dithering",
  wireId: 19,
  summary: "magnitudes rounded to multiples of 2 sqrt(nu/d) of the norm: few are not zero",
  reference: "Albasyoni, Safaryan, Condat and Richtarik, arXiv 2010.03246",
  formulas: "deterministic: B(1 - nu); randomised: U(min(nu, 2 sqrt(nu)))",
  options: { nu: "number", mode: "choice:deterministic|randomised" },
  defaults: { nu: 0.25, mode: "deterministic" },
  examples: () => ["sparse-dithering:nu=0.25", "sparse-dithering:nu=1,mode=randomised"],
  create(options, env) {
    const { nu, mode } = options;
    const { ops, dim } = env;
    const nearest = mode === "deterministic";
    if (!(nu > 0 && (nearest ? nu < 1 : nu < Infinity))) {
      throw new RangeError(`sparse-dithering: nu must be ${nearest ? "in (0, 1)" : "above 0 and finite"}, got ${nu}`);
    }
    const units = Math.sqrt(dim / nu) / 2;
    if (units > 32767) {
      throw new RangeError(`sparse-dithering: nu must be at least ${dim / 65534 ** 2} for ${dim} entries, got ${nu}`);
    }
    const { typed, dtype } = ops;
    const levels = Math.max(1, Math.ceil(units));
    const views = new Views(ops);
    const size = elementBytes(dtype);

    /** As `ditherCodes`, to the nearest level. */
    const round = (n: number, c: number, x: number, codes: number): number => {
      const floats = views.floats;
      const u16 = views.u16;
      const from = x / size;
      const to = codes / 2;
      let count = 0;
      for (let i = 0; i < n; ++i) {
        const v = floats[from + i]!;
        const level = Math.min(levels, Math.floor(Math.abs(v) * c + 0.5));
        u16[to + i] = level > 0 ? 2 * level + (v < 0 ? 1 : 0) : 0;
        if (level > 0) ++count;
      }
      return count;
    };

    return {
      spec: formatSpec(sparseDithering, options),
      ...(nearest ? contraction(1 - nu) : unbiased(Math.min(nu, 2 * Math.sqrt(nu)))),
      ...levelCompressor(
        "sparse-dithering",
        env,
        "2",
        {
          units,
          draw: (n, c, x, rng, codes) =>
            nearest ? round(n, c, x, codes) : typed.ditherCodes(n, c, levels, x, rng, codes),
          add: (n, a, codes, acc) => typed.codesAdd(n, a / units, codes, acc),
          addSparse: (k, a, codes, indices, acc) => typed.codesScatterAdd(k, a / units, codes, indices, acc),
        },
        new GammaCoder("sparse-dithering", ops, dim, levels, "auto"),
      ),
    };
  },
};
