/**
 * Minimiser to machine precision in f64: Newton with Cholesky factors. On a quadratic, steps after the first are
 * iterative refinement, since the gradient is the residual.
 */
import type { Ops, Oracle, Vec } from "../core/contracts.ts";

/** Largest d: a factor of 4096 x 4096 takes 128 MiB. */
export const MAX_DIRECT = 4096;
const MAX_STEPS = 200;

/**
 * @param ops a private f64 host with the linalg kernels, holding `oracle`
 * @param quadratic the Hessian is constant: factored once, no line search
 * @throws RangeError when d is too large for a direct solve, Error when there is no minimiser
 */
export function minimise(subject: string, ops: Ops, oracle: Oracle, quadratic: boolean): Float64Array {
  const d = oracle.dim;
  if (d > MAX_DIRECT) throw new RangeError(`${subject}: an optimum needs d <= ${MAX_DIRECT}, got ${d}`);
  const [x, best, g, step, trial] = [ops.vec(d), ops.vec(d), ops.vec(d), ops.vec(d), ops.vec(d)];
  const H = ops.vec(d * d);
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
    if (!quadratic || turn === 0) factor(ops, oracle, x, H);
    ops.copy(g, step);
    ops.typed.choleskySolve(d, H.ptr, step.ptr);
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
      `${subject}: found no minimiser after ${MAX_STEPS} Newton steps (without a regulariser, separable rows have none)`,
    );
  }
  return Float64Array.from(best.view);
}

/** Factors the Hessian at x, moved by a small multiple of the identity when it is singular: then steps still lead to a minimiser. */
function factor(ops: Ops, oracle: Oracle, x: Vec, H: Vec): void {
  const d = oracle.dim;
  for (let shift = 0; ; shift = shift === 0 ? 1e-12 : shift * 100) {
    oracle.hessian!(x, H);
    if (shift > 0) {
      const view = H.view;
      let largest = 0;
      for (let i = 0; i < d; ++i) largest = Math.max(largest, view[i * (d + 1)]!);
      for (let i = 0; i < d; ++i) view[i * (d + 1)]! += shift * (largest || 1);
    }
    if (ops.typed.cholesky(d, H.ptr) === 0) return;
    if (shift > 1) throw new Error("newton: the Hessian is not positive semidefinite");
  }
}

/** Backtracking from 1 until the loss falls by 1e-4 of what the slope promises. */
function search(ops: Ops, oracle: Oracle, x: Vec, loss: number, step: Vec, decrement: number, trial: Vec): number {
  for (let t = 1; t > 1e-12; t /= 2) {
    ops.combine(1, x, -t, step, trial);
    if (oracle.loss(trial) <= loss - 1e-4 * t * decrement) return t;
  }
  return 1; // no measurable fall left: the gradient decides from here
}
