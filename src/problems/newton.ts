/**
 * Minimiser to machine precision in f64: Newton with Cholesky factors, or with conjugate gradients where a factor is too
 * large. On a quadratic, steps after the first are iterative refinement, since the gradient is the residual.
 */
import type { Ops, Oracle, Vec } from "../core/contracts.ts";
import type { HessianProducts } from "./rows.ts";

/** Largest d for a factor (a 2048 x 2048 matrix takes 32 MiB and, factored, about a second). */
export const MAX_FACTORED = 2048;
const MAX_STEPS = 200;
/** Part of the gradient that an inexact Newton step leaves. */
const CG_TOLERANCE = 1e-6;

/** Solves H step = g, H the Hessian at the last point given. */
export interface Curvature {
  at(x: Vec): void;
  solve(g: Vec, step: Vec): void;
}

/**
 * @param ops a private f64 host with the linalg kernels, holding `oracle`
 * @param quadratic the Hessian is constant: taken once, no line search
 * @throws Error when there is no minimiser
 */
export function minimise(
  subject: string,
  ops: Ops,
  oracle: Oracle,
  quadratic: boolean,
  curvature: Curvature = factored(ops, oracle),
): Float64Array {
  const d = oracle.dim;
  const [x, best, g, step, trial] = [ops.vec(d), ops.vec(d), ops.vec(d), ops.vec(d), ops.vec(d)];
  let least = Number.POSITIVE_INFINITY;
  let stale = 0;
  let settled = quadratic; // then the loss is not asked: near x* it changes by less than its own rounding
  for (let turn = 0; turn < MAX_STEPS && stale < 3; ++turn) {
    oracle.gradient(x, g);
    const norm = ops.norm2(g);
    if (!Number.isFinite(norm)) throw new Error(`${subject}: the gradient is not finite on the way to the optimum`);
    if (settled) stale = norm > 0.5 * least ? stale + 1 : 0;
    if (norm < least) {
      least = norm;
      ops.copy(x, best);
    }
    if (norm === 0) break;
    if (!quadratic || turn === 0) curvature.at(x);
    curvature.solve(g, step);
    const decrement = ops.dot(g, step); // f(x) - f* is about half of it
    if (!settled) {
      const loss = oracle.loss(x);
      settled = decrement <= 1e-10 * Math.abs(loss);
      if (!settled) ops.scale(search(ops, oracle, x, loss, step, decrement, trial), step);
    }
    ops.axpy(-1, step, x);
  }
  const moved = ops.norm2(step);
  if (moved > 1e-6 * (1 + ops.norm2(best)) && least > 0) {
    throw new Error(
      `${subject}: found no minimiser in ${MAX_STEPS} Newton steps (without a regulariser, separable rows have none)`,
    );
  }
  return Float64Array.from(best.view);
}

/** By Cholesky factors. A singular Hessian is moved by a small multiple of the identity: steps still lead to a minimiser. */
export function factored(ops: Ops, oracle: Oracle): Curvature {
  const d = oracle.dim;
  const H = ops.vec(d * d);
  return {
    at(x) {
      for (let shift = 0; ; shift = shift === 0 ? 1e-12 : shift * 100) {
        oracle.hessian!(x, H);
        if (shift > 0) addToDiagonal(H, d, shift);
        if (ops.typed.cholesky(d, H.ptr) === 0) return;
        if (shift > 1) throw new Error("newton: the Hessian is not positive semidefinite");
      }
    },
    solve(g, step) {
      ops.copy(g, step);
      ops.typed.choleskySolve(d, H.ptr, step.ptr);
    },
  };
}

/** H += shift max(diag H) I. */
function addToDiagonal(H: Vec, d: number, shift: number): void {
  const view = H.view;
  let largest = 0;
  for (let i = 0; i < d; ++i) largest = Math.max(largest, view[i * (d + 1)]!);
  for (let i = 0; i < d; ++i) view[i * (d + 1)]! += shift * (largest || 1);
}

/** By conjugate gradients from 0: every iterate is a direction of descent. Source: Hestenes and Stiefel (1952). */
export function conjugate(ops: Ops, products: HessianProducts, d: number): Curvature {
  const [r, p, q] = [ops.vec(d), ops.vec(d), ops.vec(d)];
  return {
    at: products.at,
    solve(g, step) {
      ops.fill(0, step);
      ops.copy(g, r);
      ops.copy(g, p);
      let squares = ops.squares(r);
      const target = squares * CG_TOLERANCE ** 2;
      for (let turn = 0; turn < 4 * d && squares > target; ++turn) {
        products.times(p, q);
        const along = ops.dot(p, q);
        if (!(along > 0)) return; // no curvature left in this direction
        ops.axpy(squares / along, p, step);
        ops.axpy(-squares / along, q, r);
        const next = ops.squares(r);
        ops.combine(1, r, next / squares, p, p);
        squares = next;
      }
    },
  };
}

/** Backtracking from 1 until the loss falls by 1e-4 of what the slope promises. */
function search(ops: Ops, oracle: Oracle, x: Vec, loss: number, step: Vec, decrement: number, trial: Vec): number {
  for (let t = 1; t > 1e-12; t /= 2) {
    ops.combine(1, x, -t, step, trial);
    if (oracle.loss(trial) <= loss - 1e-4 * t * decrement) return t;
  }
  return 1; // no measurable fall left: the gradient decides from here
}
