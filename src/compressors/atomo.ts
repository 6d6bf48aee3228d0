/**
 * ATOMO, spectral: each singular triple of the vector as a matrix is kept with a probability p_i of its own and divided by
 * it; the p_i are the best ones with sum `budget`.
 * Class: U(min(rows, cols)/budget - 1), with equality for equal singular values; exactly E|C(x)|^2 = sum sigma_i^2/p_i,
 *   which p_i = budget/min(rows, cols), one choice among those that the p_i minimise over, shows to be at most that.
 *   The p_i are min(1, c sigma_i) with the c that makes their sum the budget (or all 1): where c sigma_i exceeds 1, the
 *   surplus goes to the others. Nothing is drawn again and nothing clipped without that, either of which is biased.
 * Payload: varint count | for each kept triple, sigma descending: sigma/p (one element) | left vector, rows elements |
 *   right vector, cols elements. budget (rows + cols + 1) E bytes on average.
 * Cost: as rank-r. Scratch: 16 d bytes in f64, 12 d in f32.
 * Throws: RangeError for rows that do not divide d, for a budget not above 0, for entries that are not finite, for weights
 *   above the largest number.
 * Source: Wang et al., ATOMO, arXiv 1806.04090, algorithm 1 and theorem 2 (spectral-ATOMO: section 4).
 */
import type { Bytes, CompressorFactory, Rng, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";
import { requireEnd, unbiased } from "./common.ts";
import { liftFor, resolveShape, Singular, spectralExamples, Terms } from "./low-rank.ts";
import { formatSpec } from "./spec.ts";

export interface AtomoOptions {
  rows?: number;
  budget: number;
}

/** What sigma_i is divided by when it is kept without certainty: p_i = sigma_i / level, and 1 from `level` up. */
export function waterLevel(sigma: ArrayLike<number>, budget: number): number {
  let rest = 0;
  for (let i = 0; i < sigma.length; ++i) rest += sigma[i]!;
  for (let i = 0; i < sigma.length; ++i) {
    const level = rest / (budget - i);
    if (sigma[i]! <= level) return level; // at the latest when budget - i <= 1, the rest being at least sigma_i
    rest = 0; // summed again: a difference would carry the rounding of the largest
    for (let l = sigma.length - 1; l > i; --l) rest += sigma[l]!;
  }
  return 0;
}

export const atomo: CompressorFactory<AtomoOptions> = {
  name: "atomo",
  wireId: 40,
  summary: "singular triples kept at random, with the probabilities of least variance for a budget; unbiased",
  reference: "Wang et al., ATOMO, arXiv 1806.04090, algorithm 1, theorem 2",
  formulas: "U(min(rows, cols)/budget - 1)",
  options: { rows: "integer", budget: "number" },
  defaults: { budget: 2 },
  examples: (dim) => spectralExamples("atomo", dim),
  create(options, { ops, dim }) {
    const shape = resolveShape("atomo", options.rows, dim);
    if (!(options.budget > 0) && dim > 0) throw new RangeError(`atomo: budget must be above 0, got ${options.budget}`);
    const budget = Math.min(options.budget, shape.short);
    const singular = new Singular(ops, shape);
    const terms = new Terms("atomo", ops, shape, shape.short, true);
    const uniforms = ops.scratch.vec(shape.short, "f64");
    const cursor = new Cursor();
    /** Returns the number of terms. */
    const read = (payload: Bytes): number => {
      cursor.over(ops.arena.u8, payload.ptr, payload.ptr + payload.length);
      const count = cursor.varint("atomo");
      if (count > shape.short) {
        throw new WireError("index", `atomo: at most ${shape.short} terms, got ${count}`);
      }
      requireEnd("atomo", payload.length, varintBytes(count) + terms.bytes(count));
      terms.read(count, cursor.at);
      return count;
    };
    /** Stages the kept terms and returns their number. */
    const choose = (x: Vec, lift: number, rng: Rng): number => {
      singular.compute(x, lift);
      const sigma = singular.values.view;
      const level = waterLevel(sigma, budget);
      // before anything is drawn; the margin covers the rounding between these values and the weights
      terms.requireNorm(((sigma[0]! > level ? sigma[0]! : level) / lift) * (1 + 2 ** -40));
      ops.kernels.rngUniforms(shape.short, rng.ptr, uniforms.ptr);
      let count = 0;
      for (let k = 0; k < shape.short; ++k) {
        const p = sigma[k]! >= level ? 1 : sigma[k]! / level;
        if (uniforms.view[k]! >= p || sigma[k] === 0) continue;
        const at = count * terms.size;
        const norm = singular.triple(k, x, lift, terms.vec, at + 1, at + 1 + shape.rows);
        terms.vec.view[at] = norm / p / lift;
        if (terms.vec.view[at] !== 0) ++count;
      }
      return count;
    };
    return {
      spec: formatSpec(atomo, { rows: shape.rows, budget }),
      dim,
      ...unbiased(dim === 0 ? 0 : shape.short / budget - 1),
      maxBytes: varintBytes(shape.short) + terms.bytes(shape.short),
      encode(x, rng, out) {
        ops.requireFinite("atomo", x);
        const largest = ops.normMax(x);
        const count = largest === 0 ? 0 : choose(x, liftFor(largest), rng);
        const at = writeVarint(ops.arena.u8, out.ptr, count);
        return at - out.ptr + terms.write(count, at);
      },
      check: (payload) => void read(payload),
      addTo(payload, scale, acc) {
        terms.addTo(read(payload), scale, acc);
      },
    };
  },
};
