/**
 * Rounding to powers of beta: every magnitude goes to one of the two powers around it: mode=unbiased at random, mode=biased
 *   to the nearest, ties to the smaller.
 * Class: unbiased: U((beta + 1/beta - 2)/4), with equality at |x_i| = 2 beta/(1 + beta) beta^k. biased: B(4 beta/(1 + beta)^2),
 *   B1(F^2, G), B2(F, G), F = 2/(1 + beta), G = 2 beta/(1 + beta), with equality at the ties. The powers are those within
 *   the normal numbers of the type; below the smallest, m, the neighbours are 0 and m (a variance of at most m |x_i|, or an
 *   error of at most m/2), above the largest there is no neighbour.
 * Payload: low u16 | span u16 | d codes (level << 1 | sign) of ceil(lg(2 span + 2)) bits: level 0 is zero, level j > 0 the
 *   power number low + j - 1 of the type's powers, which count from 1, smallest first. span = 0: all zero, low = 0, no codes.
 * Cost: one pass of up to 15 comparisons an entry, two to pack. Scratch: 2 d bytes; up to 768 kB of tables.
 * Throws: RangeError for beta not above 1 or with more than 32766 powers in the type, for entries that are not finite.
 * Source: Beznosikov et al., arXiv 2002.12410, section 2.2 (general unbiased and biased rounding).
 */
import type { Bytes, CompressorFactory, Rng, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { entrywise, requireEnd, requireHead, requirePadding, unbiased } from "./common.ts";
import { Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface RoundingOptions {
  beta: number;
  mode: "unbiased" | "biased";
}

/** The powers of beta among the type's normal numbers, ascending; made by repeated products and quotients. */
function powersOf(beta: number, dtype: "f32" | "f64"): number[] {
  const most = dtype === "f32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
  const least = dtype === "f32" ? 2 ** -126 : 2 ** -1022;
  const out: number[] = [];
  for (let v = 1; v >= least && out.length < 32767; v /= beta) out.push(v);
  out.reverse();
  for (let v = beta; v <= most && out.length < 32767; v *= beta) out.push(v);
  if (out.length > 32766) {
    throw new RangeError(`rounding: beta must have at most 32766 powers in ${dtype}, got beta=${beta}`);
  }
  return out;
}

const widthOf = (span: number): number => (span === 0 ? 0 : 32 - Math.clz32(2 * span + 1));

export const rounding: CompressorFactory<RoundingOptions> = {
  name: "rounding",
  wireId: 26,
  summary: "every magnitude rounded to a power of beta, at random or to the nearest",
  reference: "Beznosikov et al., arXiv 2002.12410, section 2.2",
  formulas: "unbiased: U((beta + 1/beta - 2)/4); biased: B(4 beta/(1 + beta)^2)",
  options: { beta: "number", mode: "choice:unbiased|biased" },
  defaults: { beta: 2, mode: "unbiased" },
  examples: () => ["rounding", "rounding:mode=biased", "rounding:beta=1.2"],
  create(options, { ops, dim }) {
    const { beta, mode } = options;
    if (!(beta > 1 && beta < Infinity)) throw new RangeError(`rounding: beta must be above 1 and finite, got ${beta}`);
    const { typed, kernels, arena } = ops;
    const grid = powersOf(beta, ops.dtype);
    const depth = 32 - Math.clz32(grid.length + 1);
    const table = arena.vec(2 ** depth, "f64");
    table.view.fill(Infinity).set([0, ...grid]);
    const bounds = arena.vec(2 ** depth - 1, "f64");
    bounds.view.fill(Infinity).set(grid.map((hi, j) => (j === 0 ? 0 : grid[j - 1]! / 2) + hi / 2));
    const window = arena.vec(grid.length + 1, "f64");
    const codes = ops.scratch.take(2 * dim).ptr;
    const views = new Views(ops);
    const maxBytes = 4 + Math.ceil((dim * widthOf(grid.length)) / 8);

    /** Renumbers the levels from the lowest in use; returns that and how many there are up to the highest. */
    let low = 0;
    const squeeze = (): number => {
      const u16 = views.u16;
      const from = codes / 2;
      let least = 65535;
      let most = 0;
      for (let i = from; i < from + dim; ++i) {
        const code = u16[i]!;
        if (code > most) most = code;
        if (code !== 0 && code < least) least = code;
      }
      low = most === 0 ? 0 : least >> 1;
      if (most === 0) return 0;
      for (let i = from; i < from + dim; ++i) if (u16[i] !== 0) u16[i]! -= 2 * (low - 1);
      return (most >> 1) - low + 1;
    };
    const draw = (x: Vec, rng: Rng): void => {
      ops.requireFinite("rounding", x);
      if (mode === "unbiased") typed.gridCodes(dim, 1, depth, table.ptr, x.ptr, rng.ptr, codes);
      else typed.gridNearest(dim, 1, depth, bounds.ptr, x.ptr, codes);
    };
    const pack = (out: Bytes): number => {
      const span = squeeze();
      arena.data.setUint16(out.ptr, low, true);
      arena.data.setUint16(out.ptr + 2, span, true);
      return 4 + kernels.pack16(dim, widthOf(span), codes, out.ptr + 4);
    };
    /** Checks the payload; the codes are unpacked and `window` holds what they mean. Returns the span. */
    const read = (payload: Bytes): number => {
      requireHead("rounding", payload, 4);
      const first = arena.data.getUint16(payload.ptr, true);
      const span = arena.data.getUint16(payload.ptr + 2, true);
      if (span === 0 ? first !== 0 : first === 0 || first + span - 1 > grid.length) {
        throw new WireError("level", `rounding: payload has ${span} powers from number ${first}, of ${grid.length}`);
      }
      const bits = dim * widthOf(span);
      requireEnd("rounding", payload.length, 4 + Math.ceil(bits / 8));
      if (span === 0) return 0;
      requirePadding("rounding", arena, payload.ptr + 4, bits);
      kernels.unpack16(dim, widthOf(span), payload.ptr + 4, codes);
      if (kernels.codesMaxLevel(dim, codes) > span) throw new WireError("level", `rounding: a level is above ${span}`);
      const view = window.view;
      for (let j = 1; j <= span; ++j) view[j] = grid[first + j - 2]!;
      return span;
    };
    const F = 2 / (1 + beta);
    return {
      spec: formatSpec(rounding, options),
      dim,
      ...(mode === "unbiased" ? unbiased((beta + 1 / beta - 2) / 4) : entrywise(F, beta * F, beta * F * F)),
      maxBytes,
      encode(x, rng, out) {
        draw(x, rng);
        return pack(out);
      },
      check: (payload) => void read(payload),
      addTo(payload, scale, acc) {
        if (read(payload) > 0) typed.gridAdd(dim, scale, window.ptr, codes, acc.ptr);
      },
      symbols: {
        ptr: codes,
        count: dim,
        alphabet: 2 * grid.length + 2,
        headBytes: 0,
        encode: draw,
        pack: (_head, out) => pack(out),
        check() {}, // every level below the alphabet has its power
        addTo: (_head, scale, acc) => typed.gridAdd(dim, scale, table.ptr, codes, acc.ptr),
      },
    };
  },
};
