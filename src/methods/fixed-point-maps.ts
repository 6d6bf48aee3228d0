/**
 * Maps T_i of fixed point methods (fpci, vr-fpci), and their Lipschitz constants: q of T = mean T_i, q_i of every T_i.
 *
 *   gradient  x - s grad f_i(x)                      q = max(|1 - s mu|, |1 - s L|), q_i = max(1, s L_max - 1)
 *   prox      argmin_y f_i(y) + |y - x|^2/(2s)       q_i = 1, and q = 1 - s mu/(1 + s L_max) for quadratics
 *   affine    A x + b_i, A a number or a matrix      q = q_i = |A|, at most sqrt(|A|_1 |A|_inf)
 *   [T, ...]  their composition, first to last       q_i the product, q = q_i: from 1 on, give `contraction`
 *
 * Only for one gradient step is the fixed point of T the minimiser of f: for prox it minimises the mean of the
 * Moreau envelopes, for several gradient steps it is where local gradient descent ends, unless all grad f_i(x*) = 0.
 * Outlines: f_i convex makes a step s <= 2/L_i nonexpansive, longer ones expand by s L_i - 1. prox of quadratics:
 * T = I - s mean H_i (I + s H_i)^-1 and H_i (I + s H_i)^-1 >= H_i/(1 + s L_i).
 * A map is one entry of `kinds`.
 */
import type { Facts, Ops, Vec, WorkerEnv } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";

/** out = T_i(x); out is not x. */
export type FixedPointMap = (x: Vec, out: Vec) => void;

type Env = Pick<WorkerEnv, "ops" | "dim" | "oracle" | "worker">;

interface Lipschitz {
  /** Of mean T_i. */
  readonly q: number;
  /** Of every T_i. */
  readonly each: number;
}

/** As an experiment gives it: a name, a name with options, or a composition. */
export type MapSpec = string | { readonly name: string; readonly [key: string]: unknown } | readonly MapSpec[];

interface Kind {
  /** @param step the method's gamma */
  lipschitz(method: string, spec: Keys, step: number, facts: Facts): Lipschitz;
  create(env: Env, spec: Keys, step: number): FixedPointMap;
  /** Keys besides `name`. */
  readonly keys: readonly string[];
}

type Keys = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<string, Kind>> = {
  gradient: {
    keys: ["step"],
    lipschitz(_method, spec, step, { L, Lmax, mu }) {
      const s = stepOf(spec, step);
      return { q: Math.max(Math.abs(1 - s * mu), Math.abs(1 - s * L)), each: Math.max(1, s * Lmax - 1) };
    },
    create: ({ ops, oracle }, spec, step) => gradientStep(ops, oracle, stepOf(spec, step)),
  },
  prox: {
    keys: ["step"],
    lipschitz(_method, spec, step, { Lmax, mu }) {
      const s = stepOf(spec, step);
      return { q: 1 - (s * mu) / (1 + s * Lmax), each: 1 };
    },
    create: (env, spec, step) => proximalPoint(env, stepOf(spec, step)),
  },
  affine: {
    keys: ["A", "b"],
    lipschitz(method, { A, b }, _step, { n, dim }) {
      if (typeof A !== "number" || !Number.isFinite(A)) requireRows(method, "A", A, dim, dim);
      if (!isRow(b, dim)) requireRows(method, "b", b, n, dim);
      const q = typeof A === "number" ? Math.abs(A) : spectralBound(A as number[][]);
      return { q, each: q };
    },
    create: affine,
  },
};

export const MAP =
  'T_i: "gradient" (default), "prox", either with a "step", {"name": "affine", "A", "b"}, or a list of these, composed';

/** @throws UsageError or RangeError for maps that are none */
export function lipschitzOf(method: string, spec: MapSpec, step: number, facts: Facts): Lipschitz {
  if (!isList(spec)) return kindOf(method, spec).lipschitz(method, keysOf(spec), step, facts);
  if (spec.length === 0) throw new UsageError(`${method}: map must not be an empty list`);
  const parts = spec.map((part) => lipschitzOf(method, part, step, facts));
  const each = parts.reduce((product, part) => product * part.each, 1);
  return parts.length === 1 ? parts[0]! : { q: each, each };
}

export function createMap(env: Env, spec: MapSpec, step: number): FixedPointMap {
  if (!isList(spec)) return kindOf("map", spec).create(env, keysOf(spec), step);
  const parts = spec.map((part) => createMap(env, part, step));
  const between = [env.ops.vec(env.dim), env.ops.vec(env.dim)];
  return (x, out) => {
    let at = x;
    for (let k = 0; k < parts.length; ++k) {
      const next = k === parts.length - 1 ? out : between[k % 2]!;
      parts[k]!(at, next);
      at = next;
    }
  };
}

const isList = (spec: MapSpec): spec is readonly MapSpec[] => Array.isArray(spec);
const keysOf = (spec: Exclude<MapSpec, readonly MapSpec[]>): Keys => (typeof spec === "string" ? {} : spec);
const stepOf = ({ step }: Keys, byDefault: number): number => (step as number | undefined) ?? byDefault;

function kindOf(method: string, spec: Exclude<MapSpec, readonly MapSpec[]>): Kind {
  const name = typeof spec === "string" ? spec : spec?.name;
  const kind = typeof name === "string" && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (!kind)
    throw new UsageError(`${method}: map must be one of ${Object.keys(kinds).join(", ")}, got ${String(name)}`);
  for (const key of Object.keys(keysOf(spec))) {
    if (key === "name" || kind.keys.includes(key)) continue;
    throw new UsageError(`${method}: map ${name} takes ${kind.keys.join(", ")}, got ${key}`);
  }
  const { step } = keysOf(spec);
  if (step === undefined || (typeof step === "number" && step > 0 && step < Number.POSITIVE_INFINITY)) return kind;
  throw new RangeError(`${method}: step of map ${name} must be positive, got ${step}`);
}

/** T_i = x - s grad f_i(x). */
export function gradientStep(ops: Ops, oracle: Env["oracle"], s: number): FixedPointMap {
  return (x, out) => {
    oracle.gradient(x, out);
    ops.combine(1, x, -s, out, out);
  };
}

const NEWTON = 60;

/** Newton on y - x + s grad f_i(y) = 0: a step and its refinement for quadratics. O(d^2) memory, O(d^3) a step. */
function proximalPoint({ ops, dim, oracle }: Env, s: number): FixedPointMap {
  if (!oracle.hessian) throw new UsageError("map prox: needs a problem with Hessians");
  const H = ops.vec(dim * dim);
  const [r, step, y] = [ops.vec(dim), ops.vec(dim), ops.vec(dim)];
  const residual = (at: Vec, x: Vec): number => {
    oracle.gradient(at, r);
    ops.combine(s, r, 1, at, r);
    ops.sub(r, x, r);
    return ops.squares(r);
  };
  return (x, out) => {
    ops.copy(x, out);
    let left = residual(out, x);
    for (let turn = 0; turn < NEWTON && left > 0; ++turn) {
      oracle.hessian!(out, H);
      ops.scale(s, H);
      const { view } = H;
      for (let i = 0; i < dim; ++i) view[i * (dim + 1)]! += 1;
      if (ops.typed.cholesky(dim, H.ptr) !== 0) throw new RangeError("map prox: f_i is not convex");
      ops.copy(r, step);
      ops.typed.choleskySolve(dim, H.ptr, step.ptr);
      let [part, next] = [1, left];
      for (; part > 1e-3; part /= 2) {
        ops.combine(1, out, -part, step, y);
        next = residual(y, x);
        if (next < left) break;
      }
      if (!(next < left)) return; // down to rounding
      ops.copy(y, out);
      left = next;
    }
  };
}

function affine({ ops, dim, worker }: Env, { A, b }: Keys): FixedPointMap {
  const shift = ops.from((isRow(b, dim) ? b : (b as number[][])[worker]!) as number[]);
  if (typeof A === "number") return (x, out) => ops.combine(A, x, 1, shift, out);
  const rows = (A as number[][]).map((row) => ops.from(row));
  return (x, out) => {
    const { view } = out;
    for (let i = 0; i < dim; ++i) view[i] = ops.dot(rows[i]!, x) + shift.view[i]!;
  };
}

const isRow = (value: unknown, length: number): value is readonly number[] =>
  Array.isArray(value) && value.length === length && value.every((v) => typeof v === "number" && Number.isFinite(v));

/** @throws RangeError unless the value is `count` lists of `length` numbers */
function requireRows(method: string, key: string, value: unknown, count: number, length: number): void {
  if (Array.isArray(value) && value.length === count && value.every((row) => isRow(row, length))) return;
  const other = key === "A" ? "a number" : `${length} numbers (d)`;
  throw new RangeError(`${method}: ${key} of map affine must be ${other} or ${count} lists of ${length} numbers`);
}

/** |A|_2 <= sqrt(|A|_1 |A|_inf). */
function spectralBound(rows: readonly (readonly number[])[]): number {
  const columns = new Float64Array(rows.length);
  let most = 0;
  for (const row of rows) {
    most = Math.max(
      most,
      row.reduce((sum, v) => sum + Math.abs(v), 0),
    );
    for (let j = 0; j < columns.length; ++j) columns[j]! += Math.abs(row[j]!);
  }
  return Math.sqrt(most * columns.reduce((a, v) => Math.max(a, v), 0));
}
