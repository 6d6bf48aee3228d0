/**
 * Wangni's sparsification: entry i is kept with probability p_i = min(1, |x_i|/g) and sent as x_i/p_i, g being the least
 *   that reaches a given variance, or a given mean number of entries.
 * Class: variance=eps: U(eps), with equality for every x. budget=kappa: U(1/kappa - 1), with equality iff all |x_i| are equal:
 *   of all probabilities with sum kappa d these have the least variance, and p_i = kappa has that one.
 * Payload: g (one element, 0 if no entry is sent by its sign) | varint a | index set (a of d), entries with |x_i| >= g | a
 *   elements | varint b | index set (b of d), others | their signs, ceil(b/8) bytes, bit set = minus, value +-g.
 * Cost: a scalar pass for each round of the search for g (each takes more entries out), one kernel pass; 4 to 10 ms in
 *   all for 10^6 Gaussian entries.
 *   Scratch: 18 d bytes.
 * Throws: RangeError for eps outside (0, Infinity), kappa outside (0, 1] or not exactly one of them, for entries that are not
 *   finite, for a g above the type's largest number.
 * Source: Wangni et al., Gradient Sparsification for Communication-Efficient Distributed Optimization, arXiv 1710.09854,
 *   algorithms 2 (variance) and 3 (budget). Both searches end at the same g whether entries are taken out one by one in
 *   the order of their magnitudes, as there, or all that exceed g at once, as here.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import {
  BLOCK,
  FiniteCheck,
  readScale,
  requireEnd,
  requireHead,
  requirePadding,
  unbiased,
  writeElement,
} from "./common.ts";
import { CountedIndices, finiteMax, representable, squareScale, sumSquares, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface WangniOptions {
  variance?: number;
  budget?: number;
}

function omegaOf({ variance, budget }: WangniOptions): number {
  if ((variance === undefined) === (budget === undefined)) {
    throw new RangeError(`wangni: give one of variance and budget, got ${variance === undefined ? "neither" : "both"}`);
  }
  if (variance !== undefined) {
    if (variance > 0 && variance < Infinity) return variance;
    throw new RangeError(`wangni: variance must be above 0 and finite, got ${variance}`);
  }
  if (budget! > 0 && budget! <= 1) return 1 / budget! - 1;
  throw new RangeError(`wangni: budget must be in (0, 1], got ${budget}`);
}

export const wangni: CompressorFactory<WangniOptions> = {
  name: "wangni",
  wireId: 17,
  summary: "entries kept with probability in proportion to their magnitude, for a given variance or budget",
  reference: "Wangni et al., arXiv 1710.09854, algorithms 2 and 3",
  formulas: "variance: U(eps), with equality; budget: U(1/kappa - 1)",
  options: { variance: "number", budget: "number" },
  defaults: {},
  examples: () => ["wangni:variance=1", "wangni:budget=0.1"],
  create(options, { ops, dim }) {
    const omega = omegaOf(options);
    const { kernels, typed, arena } = ops;
    const size = elementBytes(ops.dtype);
    const exact = new CountedIndices("wangni", ops, dim, dim);
    const signed = new CountedIndices("wangni", ops, dim, dim);
    const codes = ops.scratch.take(2 * dim).ptr;
    const kept = ops.scratch.take(2 * dim + 2).ptr;
    const block = ops.scratch.take(BLOCK * size).ptr;
    const finite = new FiniteCheck(ops);
    const views = new Views(ops);

    /** g for f x. The sums are over |f x_i| < g; g falls in every round, since what is taken out lies above it. */
    const search = (x: Vec, f: number): number => {
      const view = x.view;
      const squares = options.variance === undefined ? 0 : sumSquares(view, f);
      for (let g = Infinity; ; ) {
        let sum = 0;
        let rest = 0;
        let above = 0;
        for (let i = 0; i < dim; ++i) {
          const v = Math.abs(view[i]!) * f;
          if (v >= g) ++above;
          else {
            sum += v;
            rest += v * v;
          }
        }
        const room = options.budget === undefined ? 1 : options.budget * dim - above;
        if (sum === 0) return g / 2; // nothing is left to draw: all that is not 0 has probability 1, rounding or not
        if (!(room > 0)) return g;
        const next = options.variance === undefined ? sum / room : (options.variance * squares + rest) / sum;
        if (!(next < g)) return g;
        g = next;
      }
    };

    /** Codes 2 or 3 for the entries that are kept. */
    const draw = (x: Vec, g: number, rng: number): void => {
      const tiny = ops.dtype === "f32" ? 2 ** -90 : 2 ** -970; // 1/g must not overflow
      if (g >= tiny) {
        typed.ditherCodes(dim, 1 / g, 1, x.ptr, rng, codes);
        return;
      }
      const lift = ops.dtype === "f32" ? 2 ** 60 : 2 ** 200;
      for (let from = 0; from < dim; from += BLOCK) {
        const count = Math.min(BLOCK, dim - from);
        kernels.move(count * size, x.ptr + from * size, block);
        typed.scale(count, lift, block);
        typed.ditherCodes(count, 1 / (g * lift), 1, block, rng, codes + 2 * from);
      }
    };

    /** Splits the kept entries; `signed` and `kept` hold all of them, and the others of theirs afterwards. Returns how many are exact. */
    const split = (x: Vec, count: number, g: number): number => {
      const { u16, u32 } = views;
      const view = x.view;
      const [first, all, code] = [exact.indices >>> 2, signed.indices >>> 2, kept >>> 1];
      let a = 0;
      for (let j = 0; j < count; ++j) {
        const index = u32[all + j]!;
        if (Math.abs(view[index]!) >= g) u32[first + a++] = index;
        else {
          u32[all + j - a] = index;
          u16[code + j - a] = u16[code + j]! & 1;
        }
      }
      return a;
    };

    /** Checks everything and returns where the elements begin; the codes are in `kept`. */
    const read = (payload: Bytes): number => {
      requireHead("wangni", payload, size + 4);
      const end = payload.ptr + payload.length;
      const g = readScale("wangni", ops, payload.ptr);
      const values = exact.read(payload.ptr + size, end);
      const second = values + exact.count * size;
      if (second > end) throw new WireError("truncated", "wangni: the elements are cut off");
      const signs = signed.read(second, end);
      requireEnd("wangni", payload.length, signs + ((signed.count + 7) >>> 3) - payload.ptr);
      requirePadding("wangni", arena, signs, signed.count);
      if ((g === 0) !== (signed.count === 0)) {
        throw new WireError("value", `wangni: ${signed.count} entries are sent by their signs, of magnitude ${g}`);
      }
      requireDisjoint(views.u32, exact.indices >>> 2, exact.count, signed.indices >>> 2, signed.count);
      finite.require("wangni", exact.count, values);
      kernels.unpack16(signed.count, 1, signs, kept);
      const u16 = views.u16;
      for (let at = kept >>> 1, last = at + signed.count; at < last; ++at) u16[at]! |= 2;
      return values;
    };

    return {
      spec: formatSpec(wangni, options),
      dim,
      ...unbiased(omega),
      // all entries exact is the longest: an element weighs more than a sign
      maxBytes: size + exact.maxBytes + dim * size + signed.maxBytes + 1,
      encode(x, rng, out) {
        const max = finiteMax("wangni", ops, x);
        const f = squareScale(max);
        let a = 0;
        let b = 0;
        let g = 0;
        if (max > 0) {
          g = representable("wangni", ops, search(x, f) / f);
          draw(x, g, rng.ptr);
          const count = kernels.codesCompact(dim, codes, signed.indices, kept);
          a = split(x, count, g);
          b = count - a;
        }
        writeElement(ops, out.ptr, b === 0 ? 0 : g);
        const values = exact.write(a, out.ptr + size);
        typed.gather(a, 1, x.ptr, exact.indices, values);
        const signs = signed.write(b, values + a * size);
        return signs + kernels.pack16(b, 1, kept, signs) - out.ptr;
      },
      check: (payload) => void read(payload),
      addTo(payload, scale, acc) {
        const values = read(payload);
        typed.scatterAdd(exact.count, scale, values, exact.indices, acc.ptr);
        const g = readScale("wangni", ops, payload.ptr);
        typed.codesScatterAdd(signed.count, scale * g, kept, signed.indices, acc.ptr);
      },
    };
  },
};

/** @throws WireError if an index is in both ascending lists */
function requireDisjoint(u32: Uint32Array, a: number, countA: number, b: number, countB: number): void {
  for (let i = 0, j = 0; i < countA && j < countB; ) {
    const difference = u32[a + i]! - u32[b + j]!;
    if (difference === 0) throw new WireError("index", `wangni: index ${u32[a + i]} is sent twice`);
    if (difference < 0) ++i;
    else ++j;
  }
}
