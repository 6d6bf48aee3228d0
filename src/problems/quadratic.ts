/**
 * Quadratics with given spectra: f_i(x) = x'Q_i x/2 - b_i'x + c_i, one a worker, with f_i = 0 at its own minimiser.
 * Spectra: `mu`, `L` and uniform eigenvalues between them. Axes: a random reflection a worker
 *   (dense Q_i), or the coordinates (`rotate: false`: Q_i is stored as d numbers).
 * Constants: L and mu are the ends of the spectrum of mean Q_i, L_i the largest eigenvalue of Q_i. Exact.
 * Source: the usual test problem of the theory, e.g. Islamov et al., AsGrad, arXiv 2310.20452.
 */
import type { Ops, Oracle, Problem, Shard, Smoothness, Vec } from "../core/contracts.ts";
import { makeQuadratics, type Quadratic } from "../data/generators.ts";
import { type Data, toDense } from "../data/matrix.ts";
import {
  checkReading,
  checkWorker,
  type ProblemFactory,
  privateOps,
  readInteger,
  readNumber,
  show,
} from "./factory.ts";
import { MAX_SINGULAR, Minimisers, nearest2, ROUNDING } from "./minimisers.ts";
import { minimise } from "./newton.ts";
import { RowMatrix } from "./rows.ts";
import { Lanczos } from "./spectrum.ts";

export interface QuadraticShard extends Shard {
  /** Q as a data matrix: dense, or CSR with one entry a row when it is diagonal. Its labels are b. */
  readonly matrix: Data;
  readonly constant: number;
}

export const quadratic: ProblemFactory<QuadraticShard> = {
  name: "quadratic",
  summary: "random quadratics with given spectra: f_i = x'Q_i x/2 - b_i'x + c_i",
  data: false,
  options: {
    dim: "d, an integer >= 1; default 20",
    mu: "smallest eigenvalue of every Q_i, >= 0; default 1",
    L: "largest eigenvalue: a number >= mu for all workers or one each; default 10",
    heterogeneity: "deviation of the workers' minimisers around a common centre, >= 0; default 1",
    rotate: "true (default): random axes, dense Q_i; false: diagonal Q_i",
  },
  readings: {},
  create(spec, { workers, random }) {
    const mu = readNumber("quadratic", spec, "mu", 1, 0);
    const L = spec.L ?? 10;
    if (typeof L !== "number" && !(Array.isArray(L) && L.every((v) => typeof v === "number"))) {
      throw new RangeError(`quadratic: L must be a number or an array of them, got ${show(L)}`);
    }
    const rotate = spec.rotate ?? true;
    if (typeof rotate !== "boolean")
      throw new RangeError(`quadratic: rotate must be true or false, got ${show(rotate)}`);
    const parts = makeQuadratics(
      {
        workers,
        dim: readInteger("quadratic", spec, "dim", 20, 1),
        mu,
        L,
        heterogeneity: readNumber("quadratic", spec, "heterogeneity", 1, 0),
        rotate,
      },
      random,
    );
    return new QuadraticProblem(
      quadratic,
      parts.map((part) => shardOf(part, rotate)),
      parts.map((part) => part.spectrum.at(-1)!),
    );
  },
  oracle: (shard, ops) => new QuadraticOracle(ops, shard),
  matrix: ({ matrix }) => Float64Array.from(matrix.values), // Q_i itself, or its diagonal
};

function shardOf(part: Quadratic, dense: boolean): QuadraticShard {
  const { dim, matrix, linear, constant } = part;
  const shape = { rows: dim, cols: dim, labels: linear };
  if (dense) return { name: "quadratic", matrix: { kind: "dense", ...shape, values: matrix }, constant };
  const columns = Uint32Array.from({ length: dim }, (_, i) => i);
  const rowStart = Uint32Array.from({ length: dim + 1 }, (_, i) => i);
  return { name: "quadratic", matrix: { kind: "csr", ...shape, rowStart, columns, values: matrix }, constant };
}

export class QuadraticProblem implements Problem {
  readonly name: string;
  readonly dim: number;
  readonly workers: number;
  readonly #factory: Pick<ProblemFactory, "name" | "readings">;
  readonly #shards: readonly QuadraticShard[];
  readonly #Li: readonly number[];
  #smoothness: Smoothness | undefined;
  #optimum: Float64Array | undefined;
  #minimisers: Minimisers | undefined;

  /** All shards are stored in the same way. */
  constructor(
    factory: Pick<ProblemFactory, "name" | "readings">,
    shards: readonly QuadraticShard[],
    Li: readonly number[],
  ) {
    this.name = factory.name;
    this.dim = shards[0]!.matrix.cols;
    this.workers = shards.length;
    this.#factory = factory;
    this.#shards = shards;
    this.#Li = Li;
  }

  shard(worker: number): QuadraticShard {
    checkWorker(this.name, worker, this.workers);
    return worker < 0 ? this.#mean() : this.#shards[worker]!;
  }

  oracle(ops: Ops, worker: number): Oracle {
    return new QuadraticOracle(ops, this.shard(worker));
  }

  smoothness(reading?: string): Smoothness {
    checkReading(this.#factory, reading);
    this.#smoothness ??= this.#measure();
    return this.#smoothness;
  }

  optimum(): Float64Array {
    return this.#solve().slice();
  }

  distance2(x: ArrayLike<number>): number {
    return nearest2(x, this.#solve(), this.#minimisers);
  }

  #solve(): Float64Array {
    if (this.#optimum === undefined) {
      const { matrix } = this.#mean();
      if (matrix.kind === "csr") this.#optimum = matrix.labels.map((b, i) => (b === 0 ? 0 : b / matrix.values[i]!));
      else {
        const ops = privateOps();
        this.#optimum = minimise(this.name, ops, this.oracle(ops, -1), true);
      }
      if (this.smoothness().mu === 0 && this.dim <= MAX_SINGULAR) {
        const ops = privateOps();
        this.#minimisers = new Minimisers(ops, this.oracle(ops, -1), this.#optimum);
        this.#optimum = this.#minimisers.least;
      }
    }
    return this.#optimum;
  }

  #measure(): Smoothness {
    const { matrix } = this.#mean();
    if (matrix.kind === "csr") {
      const sorted = matrix.values.slice().sort();
      return { L: sorted.at(-1)!, Li: this.#Li, mu: clear(sorted[0]!, sorted.at(-1)!) };
    }
    const ops = privateOps();
    const rows = new RowMatrix(ops, matrix);
    const lanczos = new Lanczos(ops, this.dim, this.dim);
    const found = lanczos.run((v, out) => rows.matvec(v.ptr, out.ptr, 0, rows.rows), "both");
    return { L: found.largest, Li: this.#Li, mu: clear(found.smallest, found.largest) };
  }

  /** Entries of the mean, summed in worker order. */
  #mean(): QuadraticShard {
    const first = this.#shards[0]!;
    const n = this.workers;
    const values = new Float64Array(first.matrix.values.length);
    const labels = new Float64Array(this.dim);
    let constant = 0;
    for (const shard of this.#shards) {
      for (let j = 0; j < values.length; ++j) values[j]! += shard.matrix.values[j]!;
      for (let j = 0; j < labels.length; ++j) labels[j]! += shard.matrix.labels[j]!;
      constant += shard.constant;
    }
    const matrix = { ...first.matrix, values: values.map((v) => v / n), labels: labels.map((v) => v / n) };
    return { name: first.name, matrix, constant: constant / n };
  }
}

/** mu, or 0 where it is a rounding error. */
const clear = (smallest: number, largest: number): number => (smallest > ROUNDING * largest ? smallest : 0);

export class QuadraticOracle implements Oracle {
  readonly dim: number;
  /** A quadratic has no rows of data. */
  readonly rows = 0;
  readonly #ops: Ops;
  readonly #matrix: RowMatrix;
  readonly #linear: Vec;
  readonly #product: Vec;
  readonly #shard: QuadraticShard;

  constructor(ops: Ops, shard: QuadraticShard) {
    this.dim = shard.matrix.cols;
    this.#ops = ops;
    this.#shard = shard;
    this.#matrix = new RowMatrix(ops, shard.matrix);
    this.#linear = ops.from(shard.matrix.labels);
    this.#product = ops.vec(this.dim);
  }

  gradient(x: Vec, g: Vec): void {
    this.#ops.sub(x, this.#linear, g); // overwritten at once: checks lengths and types
    this.#matrix.matvec(x.ptr, g.ptr, 0, this.dim);
    this.#ops.sub(g, this.#linear, g);
  }

  loss(x: Vec): number {
    const linear = this.#ops.dot(this.#linear, x);
    this.#matrix.matvec(x.ptr, this.#product.ptr, 0, this.dim);
    return this.#ops.dot(this.#product, x) / 2 - linear + this.#shard.constant;
  }

  hessian(_x: Vec, H: Vec): void {
    if (H.length !== this.dim ** 2)
      throw new RangeError(`oracle: H must have d^2 = ${this.dim ** 2} entries, got ${H.length}`);
    const view = H.view;
    const { values } = toDense(this.#shard.matrix);
    for (let i = 0; i < this.dim; ++i) {
      for (let j = 0; j <= i; ++j) view[i * this.dim + j] = values[i * this.dim + j]!;
    }
  }
}
