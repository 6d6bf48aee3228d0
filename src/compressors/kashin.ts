/**
 * Kashin compression: x is written in a redundant frame, x = U a, with coefficients a of nearly equal size, and these are
 *   dithered to s levels of their largest magnitude. U = S R H/sqrt(D): H the Walsh-Hadamard matrix of order D (the
 *   smallest power of two of at least lambda d), R a random choice of d rows, S random signs, both from `seed`. The signs
 *   stand on the side of x: on the other side a flat vector would keep one large coefficient (K = 5.5 after 25 rounds).
 * Class: U(2.56/s^2), whatever d: E|C(x) - x|^2 <= D |a|_max^2/(4 s'^2) = K^2 |x|^2/(4 s'^2), K = |a|_max sqrt(D)/|x|. A
 *   message sends s' = s levels where K <= 3.2, and ceil(s K/3.2) levels else, so that the bound never rests on K. With
 *   lambda = 2 and 3 rounds or more K was 2.6, 2.9, 3.1 on Gaussian vectors of d = 10^3, 3 10^4, 10^6, at most 3.0 on flat ones,
 *   less on heavy tails, 1 on spikes; without the clipping rounds it grows like sqrt(2 ln D).
 * Payload: |a|_max (one element) | s' u16 | D codes (level << 1 | sign) of ceil(lg(2 s' + 2)) bits.
 * Cost: 2 rounds - 1 transforms of D lg D additions to encode, one to decode. Scratch: 2 D + 2 d elements and 2 D bytes;
 *   4 d + D/8 bytes of the arena for the frame.
 * Throws: RangeError for s outside 1..255, lambda outside [1.1, 16], rounds outside 1..100, seed outside 0..2^32 - 1, for
 *   entries that are not finite, for |x| above the type's largest number.
 * Source: Lyubarskii and Vershynin, Uncertainty Principles and Vector Quantization, arXiv math/0611343, section 3; Safaryan,
 *   Shulgin and Richtarik, Uncertainty Principle for Communication Compression, arXiv 2002.08958, section 4.
 */
import { elementBytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Bytes, CompressorFactory, Ops, Rng, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import {
  readScale,
  requireEnd,
  requireHead,
  requireInteger,
  requirePadding,
  sentNorm,
  unbiased,
  writeElement,
} from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface KashinOptions {
  s: number;
  lambda: number;
  rounds: number;
  seed: number;
}

/** K up to which s levels are sent. */
const K = 3.2;
/** Each round clips at eta times the level of the round before, the first at |x|/sqrt(theta D). */
const ETA = 0.75;
const THETA = 0.5;

export const kashin: CompressorFactory<KashinOptions> = {
  name: "kashin",
  wireId: 30,
  summary: "nearly equal coefficients in a randomised Hadamard frame, dithered to s levels",
  reference: "Safaryan, Shulgin and Richtarik, arXiv 2002.08958, section 4; Lyubarskii and Vershynin, math/0611343",
  formulas: "U(2.56/s^2)",
  options: { s: "integer", lambda: "number", rounds: "integer", seed: "integer" },
  defaults: { s: 3, lambda: 2, rounds: 4, seed: 1 },
  create(options, { ops, dim }) {
    const { s, lambda, rounds, seed } = options;
    requireInteger("kashin: s", s, 255);
    requireInteger("kashin: rounds", rounds, 100);
    if (!(lambda >= 1.1 && lambda <= 16)) throw new RangeError(`kashin: lambda must be in [1.1, 16], got ${lambda}`);
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      throw new RangeError(`kashin: seed must be an integer in 0..4294967295, got ${seed}`);
    }
    const frame = new Frame(ops, dim, lambda, seed);
    const { size } = frame;
    const { kernels, typed, arena } = ops;
    const head = elementBytes(ops.dtype) + 2;
    const codes = ops.scratch.take(2 * size).ptr;
    // |a|_max <= sum of the clipping levels + what is left in the last round, at most |x|
    const most = Math.min(32767, Math.ceil((s * (1 / ((1 - ETA) * Math.sqrt(THETA)) + Math.sqrt(size))) / K));
    const bitsOf = (levels: number): number => size * (32 - Math.clz32(2 * levels + 1));
    const maxBytes = head + Math.ceil(bitsOf(most) / 8);
    /** Writes norm and number of levels, draws the codes and returns that number. */
    const draw = (x: Vec, rng: Rng, to: number): number => {
      const norm = sentNorm("kashin", ops, "2", x);
      const exponent = norm === 0 ? 0 : exponentOf(norm);
      const unit = norm === 0 ? 0 : scaled(norm, -exponent);
      const largest = norm === 0 ? 0 : frame.spread(x, unit, -exponent, rounds);
      const sent = scaled(largest, exponent);
      const levels = Math.min(most, Math.max(s, Math.ceil((s * largest * Math.sqrt(size)) / (K * unit) || 0)));
      if (sent > 0) typed.ditherCodes(size, levels / largest, levels, frame.sum.ptr, rng.ptr, codes);
      else arena.u8.fill(0, codes, codes + 2 * size);
      writeElement(ops, to, sent);
      arena.data.setUint16(to + head - 2, levels, true);
      return levels;
    };
    const readLevels = (from: number): number => {
      const levels = arena.data.getUint16(from + head - 2, true);
      if (levels >= s && levels <= most) return levels;
      throw new WireError("level", `kashin: ${levels} levels, not ${s} to ${most}`);
    };
    /** Checks norm, number of levels and codes; returns the factor of the levels. */
    const readCodes = (from: number): number => {
      const norm = readScale("kashin", ops, from);
      const levels = readLevels(from);
      const top = kernels.codesMaxLevel(size, codes);
      if (top > levels) throw new WireError("level", `kashin: a level is above ${levels}`);
      if (norm === 0 && top > 0) throw new WireError("value", "kashin: the scale is 0, so every level must be 0");
      return norm / levels;
    };
    /** Checks everything and returns the factor of the levels; the codes are unpacked. */
    const read = (payload: Bytes): number => {
      requireHead("kashin", payload, head);
      readScale("kashin", ops, payload.ptr);
      const levels = readLevels(payload.ptr);
      const bits = bitsOf(levels);
      requireEnd("kashin", payload.length, head + Math.ceil(bits / 8));
      requirePadding("kashin", arena, payload.ptr + head, bits);
      kernels.unpack16(size, bits / Math.max(size, 1), payload.ptr + head, codes);
      return readCodes(payload.ptr);
    };
    const add = (factor: number, scale: number, acc: Vec): void => {
      if (factor === 0) return;
      frame.combine(codes);
      typed.axpy(dim, scale * factor * frame.gain, frame.part.ptr, acc.ptr);
    };
    let drawn = 0;
    return {
      spec: formatSpec(kashin, options),
      dim,
      ...unbiased(dim === 0 ? 0 : (K * K) / (4 * s * s)),
      maxBytes,
      encode(x, rng, out) {
        const levels = draw(x, rng, out.ptr);
        return head + kernels.pack16(size, bitsOf(levels) / Math.max(size, 1), codes, out.ptr + head);
      },
      check: (payload) => void read(payload),
      addTo: (payload, scale, acc) => add(read(payload), scale, acc),
      symbols: {
        ptr: codes,
        count: size,
        alphabet: 2 * most + 2,
        headBytes: head,
        encode(x, rng, to) {
          drawn = draw(x, rng, to.ptr);
        },
        pack(from, out) {
          kernels.move(head, from.ptr, out.ptr);
          return head + kernels.pack16(size, bitsOf(drawn) / Math.max(size, 1), codes, out.ptr + head);
        },
        check: (from) => void readCodes(from.ptr),
        addTo: (from, scale, acc) => add(readCodes(from.ptr), scale, acc),
      },
    };
  },
};

/** floor(lg v) of a positive double. */
function exponentOf(v: number): number {
  let e = Math.max(-1074, Math.floor(Math.log2(v))); // off by one at most, which the loops mend
  while (scaled(1, e) > v) --e;
  while (e < 1023 && scaled(1, e + 1) <= v) ++e;
  return e;
}

/** v 2^e without an intermediate overflow or underflow. */
function scaled(v: number, e: number): number {
  const half = Math.trunc(e / 2);
  return v * 2 ** half * 2 ** (e - half);
}

/** U, as an operator without its matrix. */
class Frame {
  /** D. */
  readonly size: number;
  /** 1/sqrt(D). */
  readonly gain: number;
  /** Coefficients, D elements. */
  readonly sum: Vec;
  /** d elements. */
  readonly part: Vec;
  readonly #ops: Ops;
  readonly #rest: Vec;
  readonly #work: Vec;
  readonly #rows: number;
  readonly #signs: number;

  constructor(ops: Ops, dim: number, lambda: number, seed: number) {
    const { kernels, arena } = ops;
    let size = dim === 0 ? 0 : 2;
    while (size < lambda * dim) size *= 2;
    this.size = size;
    this.gain = 1 / Math.sqrt(Math.max(size, 1));
    this.#ops = ops;
    this.#rows = arena.bytes(4 * dim).ptr;
    this.#signs = arena.bytes(((size + 31) >>> 5) * 4).ptr;
    this.sum = ops.scratch.vec(size, ops.dtype);
    this.#work = ops.scratch.vec(size, ops.dtype);
    this.#rest = ops.scratch.vec(dim, ops.dtype);
    this.part = ops.scratch.vec(dim, ops.dtype);
    const stream = ops.scratch.take(RNG_BYTES).ptr;
    kernels.rngSeed(stream, seed, 0, 0, 0, 0, 0);
    kernels.randomSubset(size, dim, stream, this.#rows, this.#signs); // as the bitmap, which is zero again afterwards
    for (let at = 0; at < dim; at += 32) arena.data.setUint32(this.#signs + at / 8, kernels.rngU32(stream), true);
  }

  /** sum = a with U a = x 2^exponent, whose norm is `unit`. Returns max |a_j| as the element type holds it. */
  spread(x: Vec, unit: number, exponent: number, rounds: number): number {
    const { typed, dtype } = this.#ops;
    const { size, gain } = this;
    const dim = x.length;
    const half = Math.trunc(exponent / 2);
    this.#ops.copy(x, this.#rest);
    typed.scale(dim, 2 ** half, this.#rest.ptr);
    typed.scale(dim, 2 ** (exponent - half), this.#rest.ptr);
    typed.flip(dim, this.#signs, this.#rest.ptr);
    this.#ops.fill(0, this.sum);
    const work = this.#work.ptr;
    let level = unit / Math.sqrt(THETA * size);
    for (let round = 1; ; ++round, level *= ETA) {
      this.#ops.fill(0, this.#work);
      typed.scatterAdd(dim, gain, this.#rest.ptr, this.#rows, work);
      typed.hadamard(size, work);
      if (round === rounds) break;
      typed.clipAdd(size, level, work, this.sum.ptr);
      typed.hadamard(size, work);
      typed.gather(dim, gain, work, this.#rows, this.part.ptr);
      typed.sub(dim, this.#rest.ptr, this.part.ptr, this.#rest.ptr);
    }
    typed.axpy(size, 1, work, this.sum.ptr);
    const largest = typed.normMax(size, this.sum.ptr);
    return dtype === "f32" ? Math.fround(largest) : largest;
  }

  /** part = sqrt(D) U times the signed levels. */
  combine(codes: number): void {
    const { typed } = this.#ops;
    const work = this.#work.ptr;
    this.#ops.fill(0, this.#work);
    typed.codesAdd(this.size, 1, codes, work);
    typed.hadamard(this.size, work);
    typed.gather(this.part.length, 1, work, this.#rows, this.part.ptr);
    typed.flip(this.part.length, this.#signs, this.part.ptr);
  }
}
