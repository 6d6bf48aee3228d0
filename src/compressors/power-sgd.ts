/**
 * PowerSGD: one power iteration on the vector as a rows x cols matrix M: P = orthonormalised M Q, sent with M^T P.
 * Class: C(x) = P P^T M is an orthogonal projection of M, so |C(x) - x|^2 = |x|^2 - |P^T M|^2 <= |x|^2 always.
 *   start=fresh (default) draws Q standard normal each time: B(rank/min(rows, cols)), with equality for equal singular
 *   values. For M = U S V^T the range of M Q is that of U S G, G normal; row i of P has the expected squared length h_i, their
 *   sum is rank (rank of M at least rank, else C is exact); h_i grows with sigma_i and falls with the others', so exchanging
 *   two rows of G shows h_i >= h_j where sigma_i >= sigma_j, and Chebyshev's sum inequality gives E|P^T M|^2 = sum sigma_i^2
 *   h_i >= (rank/min(rows, cols)) |M|^2.
 *   start=warm (the paper's) begins with the last M^T P instead: better where matrices change slowly, but no constants,
 *   since Q may be orthogonal to the rows of M. For use with error feedback. A column of P that vanishes is sent as zeros
 *   and its Q drawn anew.
 *   Which: fresh is the default, since theory's steps need its delta and a message follows from x, seed and number alone. Where
 *   a step size is given and errors are fed back, take warm: on 64 x 64 matrices with singular values 1/j, rank 2, it lost
 *   0.22 of |M|^2 against 0.51 (matrices that change by 5 % a message in each factor), 0.30 against 0.55 (30 %), the same where
 *   they have nothing in common.
 * Memory: start=warm keeps 8 rank cols + 8 bytes, in the state of the node or codec, so in checkpoints and snapshots. With
 *   start=fresh a message depends on nothing but x and the seed.
 * Payload: for each column: P, rows elements | M^T P, cols elements; rank (rows + cols) E bytes.
 * Cost: O(rank d). Scratch: 8 rank (rows + cols) bytes and a copy of the generator's state.
 * Throws: RangeError for rows that do not divide d, for entries that are not finite, for entries of M^T P above the type's
 *   largest number.
 * Source: Vogels et al., PowerSGD, arXiv 1905.13727, algorithm 1; start=fresh: Halko et al., arXiv 0909.4061, section 4.1.
 */

import { Vec } from "../../bindings/arena.ts";
import { type Kernels, RNG_BYTES } from "../../bindings/kernels.ts";
import type { Bytes, CompressorFactory, Rng } from "../core/contracts.ts";
import { requireLength } from "./common.ts";
import { liftFor, randomProjection, resolveRank, resolveShape, type Shape, Terms } from "./low-rank.ts";
import type { RankOptions } from "./rank-r.ts";
import { formatSpec } from "./spec.ts";

export interface PowerSgdOptions extends RankOptions {
  start: "fresh" | "warm";
}

export const powerSgd: CompressorFactory<PowerSgdOptions> = {
  name: "power-sgd",
  wireId: 39,
  summary: "projection of the vector as a matrix by one power iteration, optionally from the last one's result",
  reference: "Vogels et al., PowerSGD, arXiv 1905.13727, algorithm 1",
  formulas: "start=fresh: B(rank/min(rows, cols)); start=warm: none, |C(x) - x| <= |x|",
  options: { rows: "integer", rank: "integer", start: "choice:fresh|warm" },
  defaults: { rank: 2, start: "fresh" },
  create(options, env) {
    const { ops, dim } = env;
    const { start } = options;
    const shape = resolveShape("power-sgd", options.rows, dim);
    const rank = resolveRank("power-sgd", options.rank, shape);
    const warm = start === "warm";
    const terms = new Terms("power-sgd", ops, shape, rank, false);
    const p = ops.scratch.vec(rank * shape.rows, "f64");
    const columns = rank * shape.cols;
    const kept = warm ? env.state.bytes("Q", 8 * columns).ptr : ops.scratch.take(8 * columns).ptr;
    const q = new Vec(ops.arena, kept, columns, "f64");
    const drawn = warm ? env.state.scalar("drawn") : { value: 0 };
    const before = ops.scratch.take(RNG_BYTES).ptr;
    const maxBytes = terms.bytes(rank);
    const constants = dim === 0 ? 1 : rank / shape.short;
    const read = (payload: Bytes): void => {
      requireLength("power-sgd", payload, maxBytes);
      terms.read(rank, payload.ptr);
    };
    const iterate = (x: Vec, rng: Rng, largest: number): void => {
      const lift = liftFor(largest);
      if (drawn.value === 0 || ops.kernels.firstNonFinite_f64(columns, q.ptr) >= 0)
        ops.kernels.rngNormals(q.length, rng.ptr, q.ptr);
      multiply(x, lift, shape, rank, q, p);
      orthonormalise(p, shape.rows, rank);
      project(x, lift, shape, rank, p, terms);
      if (!warm) return;
      drawn.value = 1;
      keep(terms, shape, rank, lift, q, ops.kernels, rng.ptr);
    };
    return {
      spec: formatSpec(powerSgd, { rows: shape.rows, rank, start }),
      dim,
      ...(warm ? { constants: {} } : randomProjection(constants)),
      maxBytes,
      fixedBytes: true,
      encode(x, rng, out) {
        ops.requireFinite("power-sgd", x);
        const largest = ops.normMax(x);
        if (largest === 0) terms.vec.view.fill(0);
        else {
          ops.kernels.move(RNG_BYTES, rng.ptr, before);
          try {
            iterate(x, rng, largest);
          } catch (error) {
            ops.kernels.move(RNG_BYTES, before, rng.ptr);
            throw error;
          }
        }
        return terms.write(rank, out.ptr);
      },
      check: read,
      addTo(payload, scale, acc) {
        read(payload);
        terms.addTo(rank, scale, acc);
      },
    };
  },
};

/** Rows of p: the columns of lift M Q. */
function multiply(x: Vec, lift: number, { rows, cols }: Shape, rank: number, q: Vec, p: Vec): void {
  const source = x.view;
  const from = q.view;
  const out = p.view;
  for (let i = 0; i < rows; ++i) {
    for (let k = 0; k < rank; ++k) {
      let sum = 0;
      for (let j = 0; j < cols; ++j) sum += source[i * cols + j]! * lift * from[k * cols + j]!;
      out[k * rows + i] = sum;
    }
  }
}

/** What is left of a column below this share of its norm is rounding: the column depends on those before it. */
const DEPENDENT = 2 ** -40;

/** Gram-Schmidt, each column twice, which makes it orthogonal to rounding. Dependent columns become zero. */
function orthonormalise(p: Vec, rows: number, rank: number): void {
  const view = p.view;
  for (let k = 0; k < rank; ++k) {
    const at = k * rows;
    const whole = norm(view, at, rows);
    for (let pass = 0; pass < 2; ++pass) {
      for (let l = 0; l < k; ++l) {
        let along = 0;
        for (let i = 0; i < rows; ++i) along += view[at + i]! * view[l * rows + i]!;
        for (let i = 0; i < rows; ++i) view[at + i] = view[at + i]! - along * view[l * rows + i]!;
      }
      const rest = norm(view, at, rows);
      const keeps = rest > DEPENDENT * (pass === 0 ? whole : 1);
      for (let i = 0; i < rows; ++i) view[at + i] = keeps ? view[at + i]! / rest : 0;
    }
  }
}

function norm(view: Vec["view"], at: number, n: number): number {
  let squares = 0;
  for (let i = at; i < at + n; ++i) squares += view[i]! * view[i]!;
  return Math.sqrt(squares);
}

/** Stages P, rounded to the type, and M^T P of the rounded P. @throws RangeError for entries that the type cannot hold */
function project(x: Vec, lift: number, { rows, cols }: Shape, rank: number, p: Vec, terms: Terms): void {
  const source = x.view;
  const out = terms.vec.view;
  for (let k = 0; k < rank; ++k) {
    const left = k * terms.size;
    const right = left + rows;
    for (let i = 0; i < rows; ++i) out[left + i] = p.view[k * rows + i]!;
    for (let j = 0; j < cols; ++j) {
      let sum = 0;
      for (let i = 0; i < rows; ++i) sum += source[i * cols + j]! * lift * out[left + i]!;
      terms.requireNorm(sum / lift);
      out[right + j] = sum / lift;
    }
  }
}

/** Q for the next message: M^T P in units where M is near 1, drawn anew for columns that vanished. */
function keep(terms: Terms, { rows, cols }: Shape, rank: number, lift: number, q: Vec, kernels: Kernels, rng: number) {
  const sent = terms.vec.view;
  const out = q.view;
  for (let k = 0; k < rank; ++k) {
    const right = k * terms.size + rows;
    let zero = true;
    for (let j = 0; j < cols; ++j) {
      out[k * cols + j] = sent[right + j]! * lift;
      if (sent[right + j] !== 0) zero = false;
    }
    if (zero) kernels.rngNormals(cols, rng, q.ptr + 8 * k * cols);
  }
}
