/**
 * Minimiser of f + psi to machine precision in f64, f convex, psi separable: accelerated proximal gradients with
 * restarts come near, a semismooth Newton method on x = prox_{gamma psi}(x - gamma grad f(x)) ends it. With D the
 * slopes of the proximal operator, a step s solves (I - D + gamma D H) s = x - prox(...): entries with slope 0 are set,
 * the others solve the symmetric (1/D - 1 + gamma H) s = rhs, for which H is factored; where it is too large, by conjugate
 * gradients with differences of gradients for H s, whose error leaves the fixed point where it is.
 * Source: Beck and Teboulle (2009); O'Donoghue and Candes, arXiv 1204.3982 (restarts); Xiao, Li, Wen and Zhang, arXiv
 *   1603.07870 (semismooth Newton).
 */
import type { Ops, Oracle, Vec } from "../core/contracts.ts";
import type { SeparableProx } from "./common.ts";

/** Largest d for a factor (a 2048 x 2048 matrix takes 32 MiB and, factored, about a second). */
const MAX_FACTORED = 2048;
const MAX_FIRST_ORDER = 20_000;
const MAX_STEPS = 60;

/**
 * @param ops a private f64 host with the linalg kernels, holding `oracle`
 * @param L smoothness of f
 * @throws Error when none is found
 */
export function minimiseComposite(
  subject: string,
  ops: Ops,
  oracle: Oracle,
  prox: SeparableProx,
  L: number,
): Float64Array {
  const d = oracle.dim;
  const gamma = 1 / L;
  const map = new FixedPoint(ops, oracle, prox, gamma);
  const x = ops.vec(d);
  prox.apply(gamma, x);
  approach(ops, map, x);
  const best = ops.vec(d);
  const step = ops.vec(d);
  let least = map.residual(x);
  ops.copy(x, best);
  const newton = d <= MAX_FACTORED && oracle.hessian ? factored(ops, oracle, map) : conjugate(ops, oracle, map);
  for (let turn = 0, stale = 0; turn < MAX_STEPS && stale < 4 && least > 0; ++turn) {
    newton(x, step);
    ops.axpy(-1, step, x);
    let norm = map.residual(x);
    if (!(norm < least)) {
      // a step of the first kind never fails: it also moves entries onto and off the kinks
      ops.copy(best, x);
      map.residual(x);
      for (let k = 0; k < 10; ++k) {
        ops.copy(map.next, x);
        norm = map.residual(x);
      }
    }
    stale = norm > 0.5 * least ? stale + 1 : 0;
    if (norm < least) {
      least = norm;
      ops.copy(x, best);
    }
  }
  if (!(least <= 1e-9 * (1 + ops.norm2(best)))) throw new Error(`${subject}: found no minimiser of f + ${prox.spec}`);
  map.residual(best);
  return Float64Array.from(map.next.view); // in the domain of psi, and no further from the minimiser
}

/** x -> prox_{gamma psi}(x - gamma grad f(x)). */
class FixedPoint {
  /** Of the last point: x - gamma grad f(x), its image, and x minus its image. */
  readonly inner: Vec;
  readonly next: Vec;
  readonly gap: Vec;
  readonly g: Vec;
  readonly prox: SeparableProx;
  readonly gamma: number;
  readonly #ops: Ops;
  readonly #oracle: Oracle;

  constructor(ops: Ops, oracle: Oracle, prox: SeparableProx, gamma: number) {
    const d = oracle.dim;
    this.#ops = ops;
    this.#oracle = oracle;
    this.prox = prox;
    this.gamma = gamma;
    [this.inner, this.next, this.gap, this.g] = [ops.vec(d), ops.vec(d), ops.vec(d), ops.vec(d)];
  }

  /** |x - its image|. */
  residual(x: Vec): number {
    const ops = this.#ops;
    this.#oracle.gradient(x, this.g);
    ops.combine(1, x, -this.gamma, this.g, this.inner);
    ops.copy(this.inner, this.next);
    this.prox.apply(this.gamma, this.next);
    ops.sub(x, this.next, this.gap);
    return ops.norm2(this.gap);
  }
}

/** Accelerated proximal gradients from x, restarted where the momentum points uphill. */
function approach(ops: Ops, map: FixedPoint, x: Vec): void {
  const [y, last] = [ops.vec(x.length), ops.vec(x.length)];
  ops.copy(x, y);
  let t = 1;
  for (let k = 0; k < MAX_FIRST_ORDER; ++k) {
    const norm = map.residual(y);
    if (!(norm > 1e-8 * (1 + ops.norm2(y)))) break;
    ops.copy(x, last);
    ops.copy(map.next, x);
    // <y - x+, x+ - x> > 0: uphill
    const uphill = ops.dot(map.gap, x) - ops.dot(map.gap, last) > 0;
    const next = uphill ? 1 : (1 + Math.sqrt(1 + 4 * t * t)) / 2;
    const beta = uphill ? 0 : (t - 1) / next;
    ops.combine(1 + beta, x, -beta, last, y);
    t = next;
  }
  ops.copy(y, x);
  map.residual(x);
  ops.copy(map.next, x);
}

type Newton = (x: Vec, step: Vec) => void;

/** By Cholesky factors of 1/D - 1 + gamma H, entries with slope 0 replaced by rows of the identity. */
function factored(ops: Ops, oracle: Oracle, map: FixedPoint): Newton {
  const d = oracle.dim;
  const [H, slope] = [ops.vec(d * d), ops.vec(d)];
  return (x, step) => {
    map.prox.slope(map.gamma, map.inner, slope);
    const D = slope.view;
    for (let shift = 0; shift <= 1; shift = shift === 0 ? 1e-12 : shift * 100) {
      oracle.hessian!(x, H);
      const h = H.view;
      const s = step.view;
      const gap = map.gap.view;
      for (let i = 0; i < d; ++i) s[i] = D[i] === 0 ? gap[i]! : gap[i]! / D[i]!;
      for (let i = 0; i < d; ++i) {
        for (let j = 0; j <= i; ++j) {
          const entry = map.gamma * h[i * d + j]!;
          if (D[i] !== 0 && D[j] === 0) s[i]! -= entry * gap[j]!;
          if (D[i] === 0 && D[j] !== 0) s[j]! -= entry * gap[i]!;
          const diagonal = i !== j ? 0 : D[i] === 0 ? 1 : 1 / D[i]! - 1 + shift;
          h[i * d + j] = (D[i] === 0 || D[j] === 0 ? 0 : entry) + diagonal;
        }
      }
      if (ops.typed.cholesky(d, H.ptr) !== 0) continue;
      ops.typed.choleskySolve(d, H.ptr, step.ptr);
      return;
    }
    ops.copy(map.gap, step);
  };
}

/** By conjugate gradients on the entries with a slope. */
function conjugate(ops: Ops, oracle: Oracle, map: FixedPoint): Newton {
  const d = oracle.dim;
  const [slope, r, p, q, at, moved] = Array.from({ length: 6 }, () => ops.vec(d)) as [Vec, Vec, Vec, Vec, Vec, Vec];
  /** q = gamma H v. */
  const product = (x: Vec, v: Vec): void => {
    const size = ops.norm2(v);
    if (size === 0) {
      ops.fill(0, q);
      return;
    }
    const scale = (1e-6 * (1 + ops.norm2(x))) / size;
    ops.combine(1, x, scale, v, at);
    oracle.gradient(at, moved);
    ops.combine(map.gamma / scale, moved, -map.gamma / scale, map.g, q);
  };
  const free = (v: Vec): void => {
    const [D, view] = [slope.view, v.view];
    for (let j = 0; j < d; ++j) if (D[j] === 0) view[j] = 0;
  };
  return (x, step) => {
    map.prox.slope(map.gamma, map.inner, slope);
    const D = slope.view;
    const gap = map.gap.view;
    for (let j = 0; j < d; ++j) step.view[j] = D[j] === 0 ? gap[j]! : 0;
    product(x, step);
    for (let j = 0; j < d; ++j) r.view[j] = D[j] === 0 ? 0 : gap[j]! / D[j]! - q.view[j]!;
    ops.copy(r, p);
    let squares = ops.squares(r);
    const target = 1e-10 * squares;
    for (let k = 0; k < 4 * d && squares > target; ++k) {
      product(x, p);
      for (let j = 0; j < d; ++j) if (D[j] !== 0) q.view[j]! += (1 / D[j]! - 1) * p.view[j]!;
      free(q);
      const along = ops.dot(p, q);
      if (!(along > 0)) return;
      ops.axpy(squares / along, p, step);
      ops.axpy(-squares / along, q, r);
      const next = ops.squares(r);
      ops.combine(1, r, next / squares, p, p);
      squares = next;
    }
  };
}
