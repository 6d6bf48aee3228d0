/**
 * Random dithering (QSGD): |x_i| / norm is rounded at random, without bias, to a multiple of 1/s.
 * Class: U(omega). p-norm, 1 <= p < infinity, r = min(p, 2): omega = min(d^(2/r)/(4 s^2), d^(1/r)/s), and for s = 1
 *   d - 1 (p = 1), sqrt(d) - 1 (p = 2, where both are attained; p > 2, where it is a bound). Max norm: min(d/(4 s^2),
 *   (1 + sqrt(d))/(2 s)), and (sqrt(d) - 1)/2 exactly for s = 1. From f(1 - f) <= min(1/4, f) for the fraction f of
 *   s |x_i|/norm, |x|_1 <= sqrt(d)|x| and |x|_p <= d^(1/r - 1/2)|x|. QSGD states the weaker min(d/s^2, sqrt(d)/s) for p = 2.
 *   p is a whole number up to 8: powers and roots are then made of products and quotients, alike on every engine.
 * Rounding of s |x_i|/norm to fixed point makes it unbiased up to 2^-23 norm an entry (f32, s <= 7: ternary too), up to
 *   2^-24 norm/s (f32, s > 7) or 2^-52 norm/s (f64): a unit in the last place of the norm at most.
 * Payload: form u8 | norm (one element, rounded to the type) | levels; form 0: d codes (level << 1 | sign) of
 *   ceil(lg(2s + 1)) bits; 1: d Elias gamma codes; 2: varint count | index set | gamma codes of the non-zero levels.
 *   coding=auto sends the shortest of them, elias that of 1 and 2, fixed always 0 (then the length never varies).
 * Cost: two passes, and one for each form that is tried. Scratch: 2 d bytes; 8 d more unless coding=fixed.
 * Throws: RangeError for s outside 1..32767, for entries that are not finite, for a norm above the type's largest number.
 * Source: Alistarh et al., QSGD, arXiv 1610.02132, section 3.1, lemma 3.1; max norm: Wen et al., arXiv 1705.07878.
 */
import type { CompressorFactory, QuadraticForm } from "../core/contracts.ts";
import { NORMS, type NormKind, requireInteger, unbiased } from "./common.ts";
import { type Coding, GammaCoder, levelCompressor } from "./levels.ts";
import { formatSpec } from "./spec.ts";

export interface RandomDitheringOptions {
  s: number;
  norm: NormKind;
  coding: Coding;
}

/** Tight bound, see the header. */
export function ditheringOmega(dim: number, s: number, norm: NormKind): number {
  if (dim === 0) return 0;
  const root = Math.sqrt(dim);
  if (norm === "max") return s === 1 ? (root - 1) / 2 : Math.min(dim / (4 * s * s), (1 + root) / (2 * s));
  const edge = norm === "1" ? dim : root; // d^(1/r)
  return s === 1 ? edge - 1 : Math.min((edge * edge) / (4 * s * s), edge / s);
}

/**
 * Independent errors with variance f(1 - f) (norm/s)^2 <= min(norm^2/(4 s^2), norm |y_j|/s); norm <= |y| for p >= 2, and
 * sum L_jj |y_j| <= sqrt(sum L_jj^2) |y|.
 */
function weightedDithering({ diagonal }: QuadraticForm, s: number): number {
  const sum = diagonal.reduce((total, value) => total + value, 0);
  const squares = diagonal.reduce((total, value) => total + value * value, 0);
  return Math.min(sum / (4 * s * s), Math.sqrt(squares) / s);
}

export const randomDithering: CompressorFactory<RandomDitheringOptions> = {
  name: "random-dithering",
  wireId: 9,
  summary: "magnitudes randomly rounded to s levels of the norm (QSGD)",
  reference: "Alistarh et al., QSGD, arXiv 1610.02132, lemma 3.1",
  formulas:
    "norm=2: U(min(d/(4s^2), sqrt(d)/s)), any p: d^(1/min(p,2)) for sqrt(d); norm=max: U(min(d/(4s^2), (1 + sqrt(d))/(2s)))",
  options: { s: "integer", norm: NORMS, coding: "choice:auto|fixed|elias" },
  defaults: { s: 7, norm: "2", coding: "auto" },
  create(options, env) {
    const { s, norm, coding } = options;
    requireInteger("random-dithering: s", s, 32767);
    const { typed } = env.ops;
    const coder = new GammaCoder("random-dithering", env.ops, env.dim, s, coding);
    return {
      spec: formatSpec(randomDithering, options),
      ...unbiased(ditheringOmega(env.dim, s, norm)),
      ...(norm !== "1" && { weighted: (form: QuadraticForm) => weightedDithering(form, s) }),
      ...levelCompressor(
        "random-dithering",
        env,
        norm,
        {
          units: s,
          draw: (n, c, x, rng, codes) => typed.ditherCodes(n, c, s, x, rng, codes),
          add: (n, a, codes, acc) => typed.codesAdd(n, a / s, codes, acc),
          addSparse: (k, a, codes, indices, acc) => typed.codesScatterAdd(k, a / s, codes, indices, acc),
        },
        coder,
      ),
    };
  },
};
