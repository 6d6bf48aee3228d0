/**
 * Rand-K: k entries drawn without replacement, scaled by d/k.
 * Class: U(d/k - 1), with equality for every x.
 * Payload: seed u32 (of the subset's own stream) | k elements, in the order drawn; 4 + k E bytes. No indices: the
 *   receiver draws the same subset from the seed.
 * Cost: O(k) draws and one read of x for finiteness. Scratch: 4 k + d/8 bytes and a generator.
 * Throws: RangeError for k outside 1..d and for entries that are not finite. Values above k/d of the
 *   largest number decode to infinity: their scaling overflows.
 * Source: Shulgin and Richtarik, Shifted Compression Framework, section 2; Beznosikov et al., arXiv 2002.12410, table 1.
 */
import { elementBytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Bytes, Compressor, CompressorEnv, CompressorFactory, Rng, Vec } from "../core/contracts.ts";
import { FiniteCheck, requireHead, requireLength, resolveK } from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface RandKOptions {
  k?: number;
  ratio?: number;
}

export const randK: CompressorFactory<RandKOptions> = {
  name: "rand-k",
  wireId: 4,
  summary: "k random entries scaled by d/k; the subset's seed is sent, not its indices",
  reference: "Shulgin and Richtarik, Shifted Compression Framework, section 2",
  formulas: "U(d/k - 1)",
  options: { k: "integer", ratio: "number" },
  defaults: {},
  create(options, env) {
    const k = resolveK("rand-k", options, env.dim);
    const omega = env.dim === 0 ? 0 : env.dim / k - 1;
    return {
      spec: formatSpec(randK, { k }),
      omega,
      constants: { omega, B1: [1, 1 + omega], B2: [1, 1 + omega], eta: 0, variance: omega },
      // covariance of the gains: p_jl/(p_j p_l) - 1 with p_jl = k(k - 1)/(d(d - 1))
      weighted: (form) => form.largest(omega, env.dim > 1 ? -omega / (env.dim - 1) : 0),
      ...sparsifier("rand-k", k, env.dim === 0 ? 1 : env.dim / k, env),
    };
  },
};

/** The message of Rand-K and its biased sibling: k drawn entries, multiplied by `gain` at the receiver. */
export function sparsifier(
  subject: string,
  k: number,
  gain: number,
  { ops, dim }: CompressorEnv,
): Pick<Compressor, "dim" | "maxBytes" | "fixedBytes" | "encode" | "check" | "addTo" | "split"> {
  const { kernels, arena } = ops;
  const maxBytes = 4 + k * elementBytes(ops.dtype);
  const indices = ops.scratch.take(4 * k);
  const bitmap = arena.bytes((dim + 7) >>> 3); // zero between calls, so it is not shared scratch
  const subset = ops.scratch.take(RNG_BYTES);
  const draw = (seed: number) => {
    kernels.rngSeed(subset.ptr, seed, 0, 0, 0, 0, 0);
    kernels.randomSubset(dim, k, subset.ptr, indices.ptr, bitmap.ptr);
  };
  const finite = new FiniteCheck(ops);
  const check: Compressor["check"] = (payload) => {
    requireLength(subject, payload, maxBytes);
    finite.require(subject, k, payload.ptr + 4);
  };
  const select = (x: Vec, rng: Rng, out: Bytes, values: number): void => {
    ops.requireFinite(subject, x);
    const seed = rng.u32();
    draw(seed);
    arena.data.setUint32(out.ptr, seed, true);
    ops.typed.gather(k, 1, x.ptr, indices.ptr, values);
  };
  return {
    dim,
    maxBytes,
    fixedBytes: true,
    encode(x, rng, out) {
      select(x, rng, out, out.ptr + 4);
      return maxBytes;
    },
    check,
    addTo(payload, scale, acc) {
      check(payload);
      draw(arena.data.getUint32(payload.ptr, true));
      ops.typed.scatterAdd(k, scale * gain, payload.ptr + 4, indices.ptr, acc.ptr);
    },
    split: {
      k,
      gain,
      maxBytes: 4,
      fixedBytes: true,
      encode(x, rng, out, values) {
        select(x, rng, out, values.ptr);
        return 4;
      },
      read(payload) {
        requireHead(subject, payload, 4);
        draw(arena.data.getUint32(payload.ptr, true));
        return 4;
      },
      addTo: (values, scale, acc) => ops.typed.scatterAdd(k, scale, values.ptr, indices.ptr, acc.ptr),
    },
  };
}
