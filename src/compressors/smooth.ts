/**
 * Smoothness-aware compression: L^1/2 C(L^{+1/2} g) with the smoothness matrix L of the sender's function, + the
 * pseudo-inverse. C is the compressor `of`, or, with `k` or `ratio` instead, independent sampling of k entries on average
 * with the probabilities that suit L best.
 * Class, for g in the range of L: unbiased, E|S(g) - g|^2 = E|C(y) - y|_L^2 <= scriptL g' L^+ g, y = L^{+1/2} g. scriptL by the
 *   compressor's own rule for weighted errors: independent sampling max (1/p_j - 1) L_jj, with p_j = L_jj/(L_jj + rho) the
 *   least there is; Rand-K the largest eigenvalue of P o L (P_jl = p_jl/(p_j p_l) - 1); dithering in steps of h
 *   min(h^2/4 sum L_jj, h sqrt(sum L_jj^2)); natural compression max L_jj/8; blocks the largest of the blocks; any other
 *   omega lambda_max(L). Where L is regular also U(scriptL/lambda_min(L)), which is weaker than what methods use. All up
 *   to the rounding of L^1/2 and L^{-1/2} to the type.
 * matrix=full: L itself. matrix=diagonal: s diag(L) with the smallest s that keeps it above L: d numbers at set-up, and
 *   messages cost O(d). floor: L_jj count as at least that share of their mean in the p_j, which bounds 1/p_j.
 * The matrix is the worker's in a run, the option `matrix` of codecs; the identity where there is none. It is not in the
 *   message: `key`, the hash of the matrix that was given, stands in the canonical text, and a reader with another refuses.
 * Payload: that of C. Set-up traffic: L^1/2, d(d+1)/2 numbers, or d for a diagonal.
 * Cost: d^2 to encode, d for every non-zero entry of C(y) to decode; d each for a diagonal. Eigenvalues once: O(d^3).
 * Memory: 2 d^2 numbers for each matrix and thread. Scratch: 2 d elements and those of C.
 * Throws: RangeError for entries that are not finite, for vectors whose L^{+1/2} g is above the type's largest number, for
 *   a matrix that is not symmetric and positive semidefinite, for a C that is biased, for a key of another matrix.
 * Source: Safaryan, Hanzely and Richtarik, Smoothness Matrices Beat Smoothness Constants, arXiv 2102.07245; quantization:
 *   Wang, Safaryan and Richtarik, Theoretically Better and Numerically Faster Distributed Optimization with
 *   Smoothness-Aware Quantization Techniques, arXiv 2106.03524. Constants for Rand-K, dithering and blocks are derived here.
 */
import { elementBytes, type Vec } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Compressor, CompressorEnv, CompressorFactory } from "../core/contracts.ts";
import { BLOCK, unbiased } from "./common.ts";
import { bestProbabilities, independentSampling } from "./independent.ts";
import { formatSpec } from "./spec.ts";
import { Form, type Root, rootOf } from "./symmetric.ts";

export interface SmoothOptions {
  matrix: "full" | "diagonal";
  of?: string;
  k?: number;
  ratio?: number;
  floor?: number;
  key?: number;
}

type Inner = Omit<Compressor, "spec" | "constants">;

export const smooth: CompressorFactory<SmoothOptions> = {
  name: "smooth",
  wireId: 41,
  summary: "a compressor between L^1/2 and its inverse, L the smoothness matrix of the sender's function",
  reference: "Safaryan, Hanzely and Richtarik, arXiv 2102.07245; Wang, Safaryan and Richtarik, arXiv 2106.03524",
  formulas: "E|S(g) - g|^2 <= scriptL |g|^2_(L^-1); U(scriptL/lambda_min(L))",
  options: {
    matrix: "choice:full|diagonal",
    of: "spec",
    k: "number",
    ratio: "number",
    floor: "number",
    key: "integer",
  },
  defaults: { matrix: "full" },
  examples: () => ["smooth:of=(rand-k:ratio=0.1)", "smooth:ratio=0.1"],
  create(options, env) {
    const { ops, dim } = env;
    const given = env.smoothness?.();
    const key = given && keyOf(ops, given);
    if (options.key !== undefined && options.key !== key) {
      throw new RangeError(
        key === undefined
          ? `smooth: key ${options.key} names a smoothness matrix, give it as the option matrix`
          : `smooth: key must be that of the matrix given (${key}), got ${options.key}`,
      );
    }
    const root = given && rootOf("smooth", dim, given, options.matrix);
    const form = root?.form ?? new Form(dim, new Float64Array(dim).fill(1));
    const { inner, omega, scriptL, text } = innerOf(options, env, form);
    const spec = formatSpec(smooth, { matrix: options.matrix, ...text, ...(key !== undefined && { key }) });
    if (!root)
      return {
        ...inner,
        spec,
        ...unbiased(omega),
        smooth: { scriptL, omega, largest: form.largest(1, 1) },
        setupBytes: 0,
      };
    return {
      ...conjugated(ops, dim, inner, root),
      spec,
      ...(root.least > 0 || dim === 0 ? unbiased(dim === 0 ? 0 : scriptL / root.least) : { constants: {} }),
      smooth: { scriptL, omega, largest: form.largest(1, 1) },
    };
  },
};

/** C with its constants for the matrix. @throws RangeError */
function innerOf(
  { of, k, ratio, floor }: SmoothOptions,
  env: CompressorEnv,
  form: Form,
): { inner: Inner; omega: number; scriptL: number; text: Partial<SmoothOptions> } {
  if ([of, k, ratio].filter((value) => value !== undefined).length !== 1) {
    throw new RangeError("smooth: give one of `of`, the compressor in parentheses, k and ratio");
  }
  if (of !== undefined) {
    if (floor !== undefined) throw new RangeError("smooth: floor goes with k or ratio, not with `of`");
    const inner = env.create(of);
    const { omega } = inner;
    if (omega === undefined || inner.smooth) {
      throw new RangeError(`smooth: \`of\` must be unbiased and not smooth itself, got ${inner.spec}`);
    }
    const most = omega * form.largest(1, 1);
    const scriptL = inner.weighted ? Math.min(most, inner.weighted(form)) : most;
    return { inner, omega, scriptL, text: { of: inner.spec } };
  }
  const { dim } = env;
  const kept = k ?? ratio! * dim;
  if (!(kept > 0 && kept <= dim) && dim > 0) {
    throw new RangeError(
      `smooth: ${k === undefined ? "ratio must be in (0, 1]" : `k must be in (0, ${dim}] (d)`}, got ${k ?? ratio}`,
    );
  }
  if (floor !== undefined && !(floor >= 0 && floor <= 1)) {
    throw new RangeError(`smooth: floor must be in [0, 1], got ${floor}`);
  }
  const { diagonal } = form;
  const least = (floor ?? 0) * (diagonal.reduce((a, b) => a + b, 0) / Math.max(1, dim));
  const { p } = bestProbabilities(
    diagonal.map((value) => (value > 0 ? Math.max(value, least) : 0)),
    Math.max(kept, Number.MIN_VALUE),
  );
  const gains = p.map((value) => (value > 0 ? 1 / value - 1 : 0));
  const omega = gains.reduce((a, b) => Math.max(a, b), 0);
  const scriptL = gains.reduce((most, gain, j) => Math.max(most, gain * diagonal[j]!), 0);
  const text = {
    ...(k !== undefined && { k }),
    ...(ratio !== undefined && { ratio }),
    ...(floor !== undefined && { floor }),
  };
  return { inner: independentSampling("smooth", p, env), omega, scriptL, text };
}

/** 48 bits of the matrix's hash. */
function keyOf(ops: Ops, matrix: Float64Array): number {
  const { kernels, arena } = ops;
  const block = ops.scratch.vec(BLOCK, "f64");
  const out = ops.scratch.take(8).ptr;
  arena.data.setFloat64(out, 0, true);
  for (let from = 0; from < matrix.length; from += BLOCK) {
    const part = matrix.subarray(from, from + BLOCK);
    block.view.set(part);
    const { data } = arena;
    kernels.xxh64(block.ptr, 8 * part.length, data.getUint32(out, true), data.getUint32(out + 4, true), out);
  }
  return arena.data.getUint32(out, true) + 2 ** 32 * arena.data.getUint16(out + 4, true);
}

// ------------------------------------------------------------------------------------------------- conjugation

/** The roots of a matrix in a host's memory; nodes of one thread share them. */
const placed = new WeakMap<Ops, WeakMap<Root, { root: Vec; inverse: Vec }>>();

function place(ops: Ops, root: Root): { root: Vec; inverse: Vec } {
  let held = placed.get(ops);
  if (!held) {
    held = new WeakMap();
    placed.set(ops, held);
  }
  let found = held.get(root);
  if (!found) {
    found = { root: ops.from(root.root), inverse: ops.from(root.inverse) };
    held.set(root, found);
  }
  return found;
}

type Conjugated = Omit<Compressor, "spec" | "constants" | "omega" | "delta">;

function conjugated(ops: Ops, dim: number, inner: Inner, matrix: Root): Conjugated {
  const { typed, dtype } = ops;
  const full = matrix.root.length > dim;
  const { root, inverse } = place(ops, matrix);
  const y = ops.scratch.vec(dim, dtype);
  const sum = ops.scratch.vec(dim, dtype);
  const row = elementBytes(dtype) * dim;
  const elements = full ? (dim * (dim + 1)) / 2 : dim;
  return {
    dim,
    maxBytes: inner.maxBytes,
    ...(inner.fixedBytes && { fixedBytes: true as const }),
    setupBytes: elements * elementBytes(dtype),
    encode(x, rng, out) {
      ops.requireFinite("smooth", x);
      const to = y.view;
      // rows of a symmetric matrix are its columns
      if (full) for (let i = 0; i < dim; ++i) to[i] = typed.dot(dim, inverse.ptr + i * row, x.ptr);
      else multiply(dim, inverse.view, x.view, to);
      const bad = typed.firstNonFinite(dim, y.ptr);
      if (bad >= 0) {
        throw new RangeError(
          `smooth: after L^-1/2 the norm must be at most the largest ${dtype}, got ${to[bad]} at index ${bad}`,
        );
      }
      return inner.encode(y, rng, out);
    },
    check: (payload) => inner.check(payload),
    addTo(payload, scale, acc) {
      inner.check(payload);
      ops.fill(0, y);
      inner.addTo(payload, 1, y);
      const from = y.view;
      if (full) {
        ops.fill(0, sum);
        for (let j = 0; j < dim; ++j) if (from[j] !== 0) typed.axpy(dim, from[j]!, root.ptr + j * row, sum.ptr);
      } else multiply(dim, root.view, from, sum.view);
      ops.axpy(scale, sum, acc);
    },
  };
}

function multiply(dim: number, a: Vec["view"], x: Vec["view"], out: Vec["view"]): void {
  for (let i = 0; i < dim; ++i) out[i] = a[i]! * x[i]!;
}
