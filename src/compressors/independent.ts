/**
 * Independent sampling with probabilities of its own for every entry: y_j is kept with probability p_j and divided by it.
 * Part of `smooth`, which knows the probabilities from its matrix; not a compressor by itself.
 * Payload: seed u32 | the kept entries in index order; 4 + E sum p_j bytes on average. The receiver draws the same entries.
 */
import { elementBytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Compressor, CompressorEnv } from "../core/contracts.ts";
import { FiniteCheck, requireHead, requireLength } from "./common.ts";

type Sampler = Pick<Compressor, "dim" | "maxBytes" | "encode" | "check" | "addTo">;

/** @param probabilities 0 for an entry that is never sent, and then must not matter */
export function independentSampling(
  subject: string,
  probabilities: Float64Array,
  { ops, dim }: Pick<CompressorEnv, "ops" | "dim">,
): Sampler {
  const { kernels, arena, typed } = ops;
  const size = elementBytes(ops.dtype);
  const subset = ops.scratch.take(RNG_BYTES).ptr;
  const uniforms = ops.scratch.vec(dim, "f64");
  const indices = ops.scratch.take(4 * dim).ptr;
  const values = ops.scratch.vec(dim, ops.dtype);
  const finite = new FiniteCheck(ops);
  /** Writes the indices that a seed keeps, and returns how many. */
  const draw = (seed: number): number => {
    kernels.rngSeed(subset, seed, 0, 0, 0, 0, 0);
    kernels.rngUniforms(dim, subset, uniforms.ptr);
    const u = uniforms.view;
    let kept = 0;
    for (let j = 0; j < dim; ++j) {
      if (u[j]! < probabilities[j]!) arena.data.setUint32(indices + 4 * kept++, j, true);
    }
    return kept;
  };
  const check = (payload: Parameters<Compressor["check"]>[0]): number => {
    requireHead(subject, payload, 4);
    const kept = draw(arena.data.getUint32(payload.ptr, true));
    requireLength(subject, payload, 4 + kept * size);
    finite.require(subject, kept, payload.ptr + 4);
    return kept;
  };
  return {
    dim,
    maxBytes: 4 + dim * size,
    encode(x, rng, out) {
      ops.requireFinite(subject, x);
      const seed = rng.u32();
      const kept = draw(seed);
      arena.data.setUint32(out.ptr, seed, true);
      typed.gather(kept, 1, x.ptr, indices, out.ptr + 4);
      return 4 + kept * size;
    },
    check,
    addTo(payload, scale, acc) {
      const kept = check(payload);
      kernels.move(kept * size, payload.ptr + 4, values.ptr);
      const view = values.view;
      for (let t = 0; t < kept; ++t) {
        view[t] = view[t]! / probabilities[arena.data.getUint32(indices + 4 * t, true)]!;
      }
      typed.scatterAdd(kept, scale, values.ptr, indices, acc.ptr);
    },
  };
}

/**
 * The p_j of which k are kept on average with the least max_j (1/p_j - 1) w_j: p_j = w_j/(w_j + rho), and rho is that
 * maximum. Entries with w_j = 0 are never kept. rho by bisection down to neighbouring numbers.
 */
export function bestProbabilities(weights: Float64Array, k: number): { p: Float64Array; rho: number } {
  const sum = (rho: number): number => weights.reduce((total, w) => total + (w > 0 ? w / (w + rho) : 0), 0);
  let low = 0;
  let high = weights.reduce((total, w) => total + w, 0) / k; // sum(high) <= k
  if (sum(0) <= k) high = 0;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (sum(middle) > k) low = middle;
    else high = middle;
  }
  return { p: weights.map((w) => (w > 0 ? w / (w + high) : 0)), rho: high };
}
