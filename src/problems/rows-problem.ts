/** Problems made of rows of data: their constants, optimum and shards. Ridge and logistic differ in the loss and the weights. */
import type { Ops, Problem, Smoothness } from "../core/contracts.ts";
import { type Data, density, selectRows, toDense } from "../data/matrix.ts";
import {
  checkReading,
  checkWorker,
  type ProblemContext,
  type ProblemFactory,
  type ProblemSpec,
  privateOps,
  readChoice,
  show,
} from "./factory.ts";
import { MAX_SINGULAR, Minimisers, nearest2, ROUNDING } from "./minimisers.ts";
import { conjugate, factored, MAX_FACTORED, minimise } from "./newton.ts";
import { type RowLoss, RowMatrix, RowsOracle, type RowsShard, type Segment } from "./rows.ts";
import { Lanczos } from "./spectrum.ts";

/** Up to here one Lanczos run (at most d steps) finds both ends; beyond, the lower end comes from a Cholesky factor. */
const SMALL = 512;
/** Longest run for the upper end alone. */
const STEPS = 512;

export const rowsOptions = {
  lambda:
    'coefficient of lambda/2 |x|^2: a number >= 0, or {"relative": r} for r times the L of the losses alone; default 0',
  storage:
    "auto (default: sparse rows with at least a quarter of non-zeros become dense) or given; sums are taken in another order",
};

interface Settings {
  readonly factory: Pick<ProblemFactory, "name" | "readings">;
  readonly loss: RowLoss;
  /** w_i of a worker with m rows. */
  weight(rows: number): number;
  /** Whether mu needs the smallest eigenvalue: the loss is strongly convex in z. Else mu = lambda. */
  readonly curved: boolean;
  /** Checks and maps labels. */
  readonly labels?: (data: Data) => Data;
}

export class RowsProblem implements Problem {
  readonly name: string;
  readonly dim: number;
  readonly workers: number;
  readonly lambda: number;
  readonly #settings: Settings;
  readonly #data: Data;
  readonly #rows: readonly Uint32Array[];
  #spectrum: Spectrum | undefined;
  #optimum: Float64Array | undefined;
  #minimisers: Minimisers | undefined;

  constructor(settings: Settings, spec: ProblemSpec, context: ProblemContext) {
    const { name } = settings.factory;
    const { data, rows, workers } = context;
    if (data === undefined || rows === undefined)
      throw new RangeError(`${name}: needs data and the rows of each worker`);
    if (rows.length !== workers || rows.some((r) => r.length === 0)) {
      throw new RangeError(`${name}: each of ${workers} workers needs rows, got ${rows.map((r) => r.length)}`);
    }
    requireFinite(name, data);
    this.name = name;
    this.dim = data.cols;
    this.workers = workers;
    this.#settings = settings;
    const labelled = settings.labels ? settings.labels(data) : data;
    const dense = readChoice(name, spec, "storage", ["auto", "given"]) === "auto" && density(labelled) >= 0.25;
    this.#data = dense ? toDense(labelled) : labelled;
    this.#rows = rows;
    this.lambda = this.#readLambda(spec.lambda ?? 0);
  }

  #readLambda(lambda: unknown): number {
    if (typeof lambda === "number" && lambda >= 0 && lambda < Number.POSITIVE_INFINITY) return lambda;
    if (typeof lambda === "object" && lambda !== null && Object.keys(lambda).join() === "relative") {
      const { relative } = lambda as { relative: unknown };
      if (typeof relative === "number" && relative >= 0 && relative < Number.POSITIVE_INFINITY) {
        return relative * this.#measured().L;
      }
    }
    throw new RangeError(
      `${this.name}: lambda must be a number >= 0 or {"relative": a number >= 0}, got ${show(lambda)}`,
    );
  }

  shard(worker: number): RowsShard {
    checkWorker(this.name, worker, this.workers);
    const rows = worker < 0 ? concatenate(this.#rows) : this.#rows[worker]!;
    const segments =
      worker < 0 ? this.#segments() : [{ rows: rows.length, weight: this.#settings.weight(rows.length) }];
    return { name: this.name, data: plain(selectRows(this.#data, rows)), segments, lambda: this.lambda };
  }

  oracle(ops: Ops, worker: number): RowsOracle {
    return new RowsOracle(ops, this.#settings.loss, this.shard(worker));
  }

  smoothness(reading?: string): Smoothness {
    checkReading(this.#settings.factory, reading);
    const { L, squares, least, longest } = this.#measured();
    const { lambda } = this;
    const bound = this.#settings.loss.curvatureBound;
    const Li = squares.map((square, i) =>
      reading === "unscaled" ? bound * square : bound * this.#settings.weight(this.#rows[i]!.length) * square + lambda,
    );
    return { L: L + lambda, Li, mu: least + lambda, Lhat: longest + lambda };
  }

  optimum(): Float64Array {
    return this.#solve().slice();
  }

  distance2(x: ArrayLike<number>): number {
    return nearest2(x, this.#solve(), this.#minimisers);
  }

  #solve(): Float64Array {
    if (this.#optimum === undefined) {
      const ops = privateOps();
      const oracle = this.oracle(ops, -1);
      const large = this.dim > MAX_FACTORED;
      const curvature = large ? conjugate(ops, oracle.hessianProducts(), this.dim) : factored(ops, oracle);
      this.#optimum = minimise(this.name, ops, oracle, this.#settings.curved, curvature);
      if (this.smoothness().mu === 0 && this.dim <= MAX_SINGULAR) {
        this.#minimisers = new Minimisers(ops, oracle, this.#optimum);
        this.#optimum = this.#minimisers.least;
      }
    }
    return this.#optimum;
  }

  /** All rows in worker order with their weights in f, equal neighbours joined. */
  #segments(): Segment[] {
    const out: { rows: number; weight: number }[] = [];
    for (const { length } of this.#rows) {
      const weight = this.#settings.weight(length) / this.workers;
      const last = out.at(-1);
      if (last?.weight === weight) last.rows += length;
      else out.push({ rows: length, weight });
    }
    return out;
  }

  #measured(): Spectrum {
    this.#spectrum ??= measure(this.#data, this.#rows, this.#segments(), this.#settings);
    return this.#spectrum;
  }
}

/** Without the regulariser. */
interface Spectrum {
  /** sigma_max(A_i)^2 of each worker. */
  readonly squares: readonly number[];
  /** Largest and smallest eigenvalue of the loss's curvature bound over all rows. */
  readonly L: number;
  readonly least: number;
  /** max L_ij. */
  readonly longest: number;
}

function measure(
  data: Data,
  parts: readonly Uint32Array[],
  segments: readonly Segment[],
  settings: Settings,
): Spectrum {
  const ops = privateOps();
  const { rows, cols } = data;
  const matrix = new RowMatrix(ops, selectRows(data, concatenate(parts)));
  const lanczos = new Lanczos(ops, cols, cols <= SMALL ? cols : Math.min(STEPS, matrix.rows + 1));
  const bound = settings.loss.curvatureBound;
  const z = ops.vec(matrix.rows);
  const squares: number[] = [];
  let longest = 0;
  let from = 0;
  for (const { length } of parts) {
    const start = from;
    const run = lanczos.run((v, out) => {
      matrix.matvec(v.ptr, z.ptr, start, length);
      matrix.matvecT(z.ptr, out.ptr, start, length);
    }, "largest");
    squares.push(run.largest);
    const scale = bound * settings.weight(length) * length;
    for (let row = start; row < start + length; ++row) longest = Math.max(longest, scale * matrix.rowSquares(row));
    from += length;
  }
  const both = settings.curved && rows >= cols && cols <= SMALL;
  const whole = lanczos.run(
    (v, out) => {
      matrix.matvec(v.ptr, z.ptr, 0, matrix.rows);
      weigh(ops, segments, bound, z.ptr);
      matrix.matvecT(z.ptr, out.ptr, 0, matrix.rows);
    },
    both ? "both" : "largest",
  );
  let least = both ? Math.max(0, whole.smallest) : 0;
  if (settings.curved && rows >= cols && cols > SMALL && cols <= MAX_FACTORED) {
    least = lowerEnd(ops, matrix, segments, bound, lanczos);
  }
  if (least <= ROUNDING * whole.largest) least = 0;
  return { squares, L: whole.largest, least, longest };
}

/** A^T W A + lambda I of a shard, W the bounds of the losses' curvatures with their weights; d x d. */
export function rowsMatrix({ curvatureBound }: RowLoss, { name, data, segments, lambda }: RowsShard): Float64Array {
  const d = data.cols;
  if (d > MAX_FACTORED) {
    throw new RangeError(`${name}: smoothness matrices need d of at most ${MAX_FACTORED}, got ${d}`);
  }
  const ops = privateOps();
  const matrix = new RowMatrix(ops, data);
  const weights = ops.vec(matrix.rows);
  ops.fill(1, weights);
  weigh(ops, segments, curvatureBound, weights.ptr);
  const H = ops.vec(d * d);
  matrix.gram(weights.ptr, H.ptr);
  const out = Float64Array.from(H.view);
  for (let i = 0; i < d; ++i) {
    out[i * (d + 1)]! += lambda;
    for (let j = 0; j < i; ++j) out[j * d + i] = out[i * d + j]!;
  }
  return out;
}

/** z_i *= bound times its row's weight. */
function weigh(ops: Ops, segments: readonly Segment[], bound: number, z: number): void {
  let at = z;
  for (const { rows, weight } of segments) {
    ops.typed.scale(rows, bound * weight, at);
    at += 8 * rows;
  }
}

/** Smallest eigenvalue of A^T W A: one over the largest of its inverse; 0 when it is singular in f64. */
function lowerEnd(ops: Ops, matrix: RowMatrix, segments: readonly Segment[], bound: number, lanczos: Lanczos): number {
  const d = matrix.cols;
  const weights = ops.vec(matrix.rows);
  ops.fill(1, weights);
  weigh(ops, segments, bound, weights.ptr);
  const H = ops.vec(d * d);
  matrix.gram(weights.ptr, H.ptr);
  if (ops.typed.cholesky(d, H.ptr) !== 0) return 0;
  const run = lanczos.run((v, out) => {
    ops.copy(v, out);
    ops.typed.choleskySolve(d, H.ptr, out.ptr);
  }, "largest");
  return 1 / run.largest;
}

/** @throws RangeError naming the first entry or label that is not finite, or if there are no columns */
function requireFinite(subject: string, data: Data): void {
  if (data.cols < 1) throw new RangeError(`${subject}: data must have at least one column, got ${data.cols}`);
  for (const [what, values] of [
    ["values", data.values],
    ["labels", data.labels],
  ] as const) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new RangeError(`${subject}: ${what} must be finite, got ${values[at]} at position ${at}`);
  }
}

function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  const out = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The data and nothing that a reader or generator put beside it. */
function plain(data: Data): Data {
  const { rows, cols, values, labels } = data;
  if (data.kind === "dense") return { kind: "dense", rows, cols, values, labels };
  return { kind: "csr", rows, cols, rowStart: data.rowStart, columns: data.columns, values, labels };
}
