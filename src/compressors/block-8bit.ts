/**
 * Block-wise 8-bit quantization: every block of B entries is divided by its largest magnitude and each entry becomes one
 * byte, the place of a number in a codebook of 256 (dynamic) or 255 (linear) numbers in [-1, 1].
 *   linear: (j - 127)/127. dynamic: 0, 1, and for i = 0..6 the midpoints of 2^i equal parts of [0.1, 1] times 10^(i-6), of
 *   both signs: 7 decades, with ever finer steps towards 1; its smallest number is m = -0.99296875.
 * Class: nearest (ties to the lower byte): B(delta), delta = 1 - max over blocks of |C(x) - x|^2/|x|^2, found in `create`
 *   for the codebook and min(B, d): the worst block has one entry of largest magnitude and the rest at one midpoint
 *   between neighbours (Dinkelbach's iteration over the midpoints). stochastic: U(omega), omega the same maximum of
 *   (hi - y)(y - lo), the scale being max|x|/|m|, so that no entry leaves the codebook's range.
 * Payload: for each block a scale (one element) | d bytes; ceil(d/B) E + d bytes. A scale of 0 has bytes of the number 0.
 * Cost: two passes, 8 comparisons an entry. Scratch: none; 4 kB of tables in the arena.
 * Throws: RangeError for B outside 1..2^20, for entries that are not finite, for scales above the type's largest number.
 * Source: Dettmers et al., 8-bit Optimizers via Block-wise Quantization, arXiv 2110.02861, sections 2 and 3.1.
 */
import { elementBytes, Vec } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { readScale, requireInteger, requireLength, sentNorm, unbiased, writeElement } from "./common.ts";
import { contraction } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface Block8BitOptions {
  book: "dynamic" | "linear";
  block: number;
  rounding: "nearest" | "stochastic";
}

const DECADES = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

/** The numbers of a codebook, ascending. Products and quotients only: the same on every engine. */
export function codebook(kind: "dynamic" | "linear"): number[] {
  if (kind === "linear") return Array.from({ length: 255 }, (_, j) => (j - 127) / 127);
  const out = [0, 1];
  for (let i = 0; i <= 6; ++i) {
    for (let j = 0; j < 2 ** i; ++j) {
      const value = (0.1 + (0.9 * (j + 0.5)) / 2 ** i) * DECADES[i]!;
      out.push(value, -value);
    }
  }
  return out.sort((a, b) => a - b);
}

/**
 * max of (e(first) + (n - 1) e(y))/(first^2 + (n - 1) y^2) over y, with e the squared error (nearest) or the variance
 * (stochastic) of the entry y in [-1, 1]. For a candidate R the best y maximises e(y) - R y^2: to the nearest that is
 * convex between neighbours up to their midpoint, at random it is a concave parabola.
 */
function worstRatio(book: number[], n: number, first: number, firstError: number, stochastic: boolean): number {
  let ratio = firstError / (first * first);
  for (let step = 0; step < 100 && n > 1; ++step) {
    let best = 0;
    let at = 0;
    let error = 0;
    for (let j = 0; j + 1 < book.length; ++j) {
      const lo = book[j]!;
      const hi = book[j + 1]!;
      const y = Math.min(Math.max((lo + hi) / (stochastic ? 2 * (1 + ratio) : 2), lo), hi);
      const e = (hi - y) * (y - lo);
      if (e - ratio * y * y > best) [best, at, error] = [e - ratio * y * y, y, e];
    }
    const next = (firstError + (n - 1) * error) / (first * first + (n - 1) * at * at);
    if (!(next > ratio * (1 + 1e-15))) break;
    ratio = next;
  }
  return ratio;
}

/** The stated omega (stochastic) or 1 - delta. */
export function block8BitError(options: Block8BitOptions, dim: number): number {
  const n = Math.min(options.block, dim);
  if (n === 0) return 0;
  const book = codebook(options.book);
  if (options.rounding === "stochastic") return worstRatio(book, n, -book[0]!, 0, true);
  return worstRatio(book, n, 1, (1 + book[0]!) ** 2, false);
}

export const block8Bit: CompressorFactory<Block8BitOptions> = {
  name: "block-8bit",
  wireId: 29,
  summary: "one byte an entry, from a codebook, and one scale for every block",
  reference: "Dettmers et al., 8-bit Optimizers via Block-wise Quantization, arXiv 2110.02861, section 2",
  formulas:
    "nearest: B(delta), stochastic: U(omega), worst block of the codebook; linear, large B: omega <= B/(4 127^2)",
  options: { book: "choice:dynamic|linear", block: "integer", rounding: "choice:nearest|stochastic" },
  defaults: { book: "dynamic", block: 2048, rounding: "nearest" },
  examples: () => ["block-8bit", "block-8bit:book=linear", "block-8bit:rounding=stochastic"],
  create(options, { ops, dim }) {
    const { typed, arena } = ops;
    const { block } = options;
    requireInteger("block-8bit: block", block, 2 ** 20);
    const stochastic = options.rounding === "stochastic";
    const E = elementBytes(ops.dtype);
    const count = Math.ceil(dim / block);
    const maxBytes = count * E + dim;
    const book = codebook(options.book);
    const zero = book.indexOf(0);
    const span = stochastic ? -book[0]! : 1;
    const table = arena.vec(257, "f64");
    table.view.fill(Infinity).set(book);
    const bounds = arena.vec(255, "f64");
    bounds.view.fill(Infinity).set(book.slice(1).map((hi, j) => (book[j]! + hi) / 2));
    const part = new Vec(arena, 0, block, ops.dtype);
    const last = new Vec(arena, 0, dim - block * Math.max(count - 1, 0), ops.dtype);
    // 1/scale must not overflow; the factor is a power of two, so the bytes are those of the scaled block
    const tiny = ops.dtype === "f32" ? 2 ** -120 : 2 ** -1000;
    const lift = ops.dtype === "f32" ? 2 ** 60 : 2 ** 200;
    const lifted = ops.scratch.vec(Math.min(block, dim), ops.dtype);
    const read = (payload: Bytes): void => {
      requireLength("block-8bit", payload, maxBytes);
      const u8 = arena.u8;
      const end = payload.ptr + maxBytes;
      for (let j = 0, from = payload.ptr + count * E; j < count; ++j, from += block) {
        const scale = readScale("block-8bit", ops, payload.ptr + j * E);
        const stop = scale === 0 ? Math.min(from + block, end) : from;
        for (let at = from; at < stop; ++at) {
          if (u8[at] !== zero) throw new WireError("value", "block-8bit: the scale is 0, so every entry must be 0");
        }
      }
      const bad = book.length < 256 ? u8.subarray(end - dim, end).indexOf(255) : -1;
      if (bad >= 0) throw new WireError("level", `block-8bit: byte 255 of entry ${bad} names no number`);
    };
    return {
      spec: formatSpec(block8Bit, options),
      dim,
      ...(stochastic ? unbiased(block8BitError(options, dim)) : contraction(1 - block8BitError(options, dim))),
      maxBytes,
      fixedBytes: true,
      encode(x, rng, out) {
        ops.requireFinite("block-8bit", x);
        for (let j = 0; j < count; ++j) {
          const v = (j + 1 < count ? part : last).at(x.ptr + j * block * E);
          const bytes = out.ptr + count * E + j * block;
          const scale = sentNorm("block-8bit", ops, "max", v, 1 / span);
          writeElement(ops, out.ptr + j * E, scale);
          if (scale === 0) {
            arena.u8.fill(zero, bytes, bytes + v.length);
            continue;
          }
          let from = v.ptr;
          let factor = 1 / scale;
          if (scale < tiny) {
            from = lifted.ptr;
            ops.kernels.move(v.length * E, v.ptr, from);
            typed.scale(v.length, lift, from);
            factor = 1 / (scale * lift);
          }
          if (stochastic) typed.bookDither(v.length, factor, table.ptr, from, rng.ptr, bytes);
          else typed.bookNearest(v.length, factor, bounds.ptr, from, bytes);
        }
        return maxBytes;
      },
      check: read,
      addTo(payload, scale, acc) {
        read(payload);
        for (let j = 0; j < count; ++j) {
          const from = j * block;
          const factor = scale * readScale("block-8bit", ops, payload.ptr + j * E);
          if (factor === 0) continue;
          const n = Math.min(block, dim - from);
          typed.bookAdd(n, factor, table.ptr, payload.ptr + count * E + from, acc.ptr + from * E);
        }
      },
    };
  },
};
