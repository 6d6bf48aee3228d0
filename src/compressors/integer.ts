/**
 * Integers of a given scale (IntSGD): C(x)_i = q_i/alpha, q_i = alpha x_i rounded to an integer at random without bias, or
 * to the nearest (ties to even). Messages of one alpha can be added as integers: |q_i| is limited so that a sum over
 * `workers` of them never wraps.
 * Class: absolute, E|C(x) - x|^2 <= d/(4 alpha^2), while alpha |x_i| <= floor((2^(bits-1) - 1)/workers); entries beyond
 *   that are cut off at the limit.
 * Payload: d signed integers of `bits` bits, little-endian; d bits/8 bytes.
 * Cost: one pass, and one for finiteness. Scratch: none.
 * Throws: RangeError for alpha that is not positive and finite, bits that are not 8, 16 or 32, workers so many that the
 *   limit is below 1, and for entries that are not finite.
 * Source: Mishchenko et al., IntSGD: Adaptive Floatless Compression of Stochastic Gradients, arXiv 2102.08374, section 2.
 */
import type { Compressor, CompressorFactory, Ops } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { requireLength } from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface IntegerOptions {
  alpha?: number;
  bits: number;
  mode: "stochastic" | "nearest";
  /** Defaults to the number of workers of the run. */
  workers?: number;
}

export const integer: CompressorFactory<IntegerOptions> = {
  name: "integer",
  wireId: 27,
  summary: "entries times alpha as integers whose sums over the workers cannot wrap (IntSGD)",
  reference: "Mishchenko et al., IntSGD, arXiv 2102.08374, section 2",
  formulas: "absolute: E|C(x) - x|^2 <= d/(4 alpha^2)",
  options: { alpha: "number", bits: "integer", mode: "choice:stochastic|nearest", workers: "integer" },
  defaults: { bits: 8, mode: "stochastic" },
  examples: () => ["integer:alpha=25", "integer:alpha=1000,bits=16,mode=nearest"],
  create(options, { ops, dim, workers: runWorkers }) {
    const { alpha, bits, mode } = options;
    const workers = options.workers ?? runWorkers;
    if (alpha === undefined || !(alpha > 0 && alpha < Infinity)) {
      throw new RangeError(`integer: alpha must be positive and finite, got ${alpha}`);
    }
    const { limit, ...codec } = integerCodec("integer", ops, dim, { bits, mode, workers }, () => alpha);
    return {
      ...codec,
      spec: formatSpec(integer, { alpha, bits, mode, workers }),
      constants: {
        absolute: dim / (4 * alpha * alpha),
        range: limit / alpha,
        ...(mode === "stochastic" ? { eta: 0 } : {}),
      },
    };
  },
};

/** Integers whose scale is asked for at every message: both ends know it from elsewhere. `limit`: the largest one sent. */
export function integerCodec(
  subject: string,
  ops: Ops,
  dim: number,
  { bits, mode, workers }: Required<Omit<IntegerOptions, "alpha">>,
  alpha: () => number,
): Compressor & { readonly limit: number } {
  const { kernels, typed } = ops;
  if (bits !== 8 && bits !== 16 && bits !== 32) {
    throw new RangeError(`${subject}: bits must be 8, 16 or 32, got ${bits}`);
  }
  if (!Number.isInteger(workers) || workers < 1 || workers > 2 ** (bits - 1) - 1) {
    throw new RangeError(`${subject}: workers must be an integer in 1..${2 ** (bits - 1) - 1}, got ${workers}`);
  }
  const high = Math.floor((2 ** (bits - 1) - 1) / workers);
  const low = -Math.floor(2 ** (bits - 1) / workers);
  const bytes = bits / 8;
  const maxBytes = bytes * dim;
  const check: Compressor["check"] = (payload) => {
    requireLength(subject, payload, maxBytes);
    if (!kernels.integerValid(dim, low, high, bytes, payload.ptr)) {
      throw new WireError("level", `${subject}: payload holds an integer outside ${low}..${high}`);
    }
  };
  return {
    spec: subject,
    dim,
    constants: {},
    limit: high,
    maxBytes,
    fixedBytes: true,
    encode(x, rng, out) {
      ops.requireFinite(subject, x);
      if (mode === "nearest") typed.integerNearest(dim, alpha(), low, high, bytes, x.ptr, out.ptr);
      else typed.integerDither(dim, alpha(), low, high, bytes, x.ptr, rng.ptr, out.ptr);
      return maxBytes;
    },
    check,
    addTo(payload, scale, acc) {
      check(payload);
      typed.integerAdd(dim, scale / alpha(), bytes, payload.ptr, acc.ptr);
    },
  };
}

export interface AdaptiveScale {
  dim: number;
  workers: number;
  /** Step size eta_k. */
  gamma: number;
  /** r_(k-1); 0 before the first step. */
  previous: number;
  /** |x^k - x^(k-1)|^2. */
  movement: number;
  /** Weight of the past, 0.9 in the paper. */
  beta?: number;
  /** Keeps alpha finite where nothing moves, 1e-8 in the paper. */
  epsilon?: number;
}

/**
 * The paper's scale: r = beta r_(k-1) + (1 - beta)|x^k - x^(k-1)|^2 and alpha = sqrt(d)/sqrt(2 n r/gamma^2 + epsilon^2), a
 * function of what all workers know, so it is never sent. The first iteration has no movement yet: send it exactly.
 * Source: arXiv 2102.08374, algorithm 1 and section 4.1 (moving average).
 */
export function adaptiveScale(given: AdaptiveScale): { alpha: number; r: number } {
  const { dim, workers, gamma, previous, movement, beta = 0.9, epsilon = 1e-8 } = given;
  if (!(gamma > 0)) throw new RangeError(`adaptiveScale: gamma must be positive, got ${gamma}`);
  if (!(beta >= 0 && beta < 1)) throw new RangeError(`adaptiveScale: beta must be in [0, 1), got ${beta}`);
  if (!(movement >= 0 && previous >= 0)) {
    throw new RangeError(`adaptiveScale: squared movements must be at least 0, got ${previous} and ${movement}`);
  }
  const r = beta * previous + (1 - beta) * movement;
  return { alpha: Math.sqrt(dim) / Math.sqrt((2 * workers * r) / (gamma * gamma) + epsilon * epsilon), r };
}
