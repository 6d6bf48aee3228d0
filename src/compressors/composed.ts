/**
 * Composed: a sparsifier C chooses k entries, another compressor Q, of dimension k, carries their values: Q(C(x)).
 * Class: C unbiased in U(omega1) and Q in U(omega2): U((1 + omega1)(1 + omega2) - 1). C a projection in B(delta), that is
 *   <C(x), x> = |C(x)|^2 (Top-K, biased Rand-K): what Q does stays within the kept entries, so with Q in B(delta2),
 *   B1(alpha, beta), B2(gamma, beta): B(delta delta2), B1(delta alpha, beta), B2(delta gamma, beta). Q in U(omega): B2 is
 *   (delta, 1 + omega) and delta2 = 1 - omega if omega < 1; `scaled` makes it B(delta/(1 + omega)) for every omega.
 * Payload: selection of C (its payload without the values) | payload of Q for the kept values in the order of the
 *   selection. Both ends of the selection are known to the receiver.
 * Cost: both. Scratch: k elements, theirs and a copy of the generator's state.
 * Throws: RangeError for an inner compressor that is no sparsifier with a fixed k, for an unbiased inner with a biased outer.
 * Source: Beznosikov et al., arXiv 2002.12410, section 2.2 (Top-K with exponential dithering); Basu et al., Qsparse,
 *   arXiv 1906.02367, lemmas 1 and 2; two unbiased ones: Horvath et al., arXiv 1905.10988, theorem 3.
 */
import { Bytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Compressor, CompressorFactory, Constants } from "../core/contracts.ts";
import { unbiased } from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface ComposedOptions {
  outer?: string;
  inner?: string;
}

export const composed: CompressorFactory<ComposedOptions> = {
  name: "composed",
  wireId: 35,
  summary: "the values that a sparsifier keeps, carried by another compressor (quantized Top-K, Qsparse)",
  reference: "Beznosikov et al., arXiv 2002.12410, section 2.2; Basu et al., Qsparse, arXiv 1906.02367",
  formulas:
    "unbiased inner: U((1 + omega1)(1 + omega2) - 1); projection B(delta): B2(delta, 1 + omega), B(delta delta2)",
  options: { outer: "spec", inner: "spec" },
  defaults: {},
  examples: () => [
    "composed:outer=(natural),inner=(top-k:ratio=0.1)",
    "composed:outer=(random-dithering),inner=(rand-k:ratio=0.1)",
  ],
  create(options, { ops, dim, create }) {
    if (options.outer === undefined || options.inner === undefined) {
      throw new RangeError(`composed: give outer and inner, got ${formatSpec(composed, options)}`);
    }
    const inner = create(options.inner);
    const split = inner.split;
    if (!split) throw new RangeError(`composed: inner must be a sparsifier with a fixed k, got ${inner.spec}`);
    const outer = create(options.outer, split.k);
    const { kernels } = ops;
    const values = ops.scratch.vec(split.k, ops.dtype);
    const before = ops.scratch.take(RNG_BYTES).ptr;
    const head = new Bytes(ops.arena, 0, 0);
    const tail = new Bytes(ops.arena, 0, 0);
    const read = (payload: Bytes): void => {
      const used = split.read(payload);
      outer.check(tail.at(payload.ptr + used, payload.length - used));
    };
    return {
      spec: formatSpec(composed, { outer: outer.spec, inner: inner.spec }),
      dim,
      ...composedConstants(outer, inner),
      maxBytes: split.maxBytes + outer.maxBytes,
      ...(split.fixedBytes && outer.fixedBytes ? { fixedBytes: true as const } : {}),
      encode(x, rng, out) {
        kernels.move(RNG_BYTES, rng.ptr, before);
        try {
          const used = split.encode(x, rng, head.at(out.ptr, split.maxBytes), values);
          return used + outer.encode(values, rng, tail.at(out.ptr + used, outer.maxBytes));
        } catch (error) {
          kernels.move(RNG_BYTES, before, rng.ptr);
          throw error;
        }
      },
      check: read,
      addTo(payload, scale, acc) {
        read(payload);
        ops.fill(0, values);
        outer.addTo(tail, 1, values);
        split.addTo(values, scale * split.gain, acc);
      },
    };
  },
};

/** @throws RangeError for an unbiased inner with a biased outer, of which nothing is proven */
function composedConstants(outer: Compressor, inner: Compressor): Pick<Compressor, "omega" | "delta" | "constants"> {
  if (inner.omega !== undefined) {
    if (outer.omega !== undefined) return unbiased((1 + inner.omega) * (1 + outer.omega) - 1);
    throw new RangeError(
      `composed: an unbiased inner (${inner.spec}) needs an unbiased outer; keep its biased sibling or scale: got ${outer.spec}`,
    );
  }
  const kept = inner.delta ?? 0;
  if (inner.split?.gain !== 1 || kept === 0) return { constants: {} };
  const { constants, omega } = outer;
  const share = outer.delta ?? (omega !== undefined && omega < 1 ? 1 - omega : undefined);
  const out: Constants = {};
  if (constants.B1) out.B1 = [kept * constants.B1[0], constants.B1[1]];
  if (constants.B2) out.B2 = [kept * constants.B2[0], constants.B2[1]];
  if (share !== undefined) {
    out.delta = kept * share;
    out.B3 = 1 / out.delta;
  }
  Object.assign(out, moments(outer.constants, inner.constants, kept));
  return { ...(out.delta !== undefined && { delta: out.delta }), constants: out };
}

/** Bias and variance where Q is unbiased or C is deterministic. */
function moments(outer: Constants, inner: Constants, kept: number): Pick<Constants, "eta" | "variance"> {
  if (outer.eta === undefined || outer.variance === undefined || inner.variance === undefined) return {};
  // deterministic: |x - v|^2 + eta2^2 |v|^2 with |v|^2 >= delta |x|^2
  if (inner.variance === 0) return { eta: Math.sqrt(1 - kept * (1 - outer.eta ** 2)), variance: outer.variance };
  // random sampling as it is: E|v|^2 = delta |x|^2
  if (outer.eta === 0) return { eta: inner.eta!, variance: inner.variance + kept * outer.variance };
  return {};
}
