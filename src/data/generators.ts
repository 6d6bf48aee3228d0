/** Synthetic data and quadratics. Generators hold no randomness of their own: the caller passes a stream. */

import type { CsrData, Data, DenseData } from "./matrix.ts";

export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** Integer in 0..n-1. */
  below(n: number): number;
}

/** A uniformly random order of 0..n-1 (Fisher-Yates). */
export function permutation(n: number, random: Random): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; ++i) order[i] = i;
  for (let i = n - 1; i > 0; --i) {
    const j = random.below(i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}

const MAX_VALUES = 2 ** 30;

function check(subject: string, name: string, value: number, low: number, high: number, integer = true): void {
  if (!(value >= low && value <= high) || (integer && !Number.isInteger(value)))
    throw new RangeError(
      `${subject}: ${name} must be ${integer ? "an integer" : "a number"} in ${low}..${high}, got ${value}`,
    );
}

function checkSize(subject: string, rows: number, features: number): void {
  check(subject, "rows", rows, 1, 2 ** 31 - 2);
  check(subject, "features", features, 1, Math.floor(MAX_VALUES / rows) || 1);
  check(subject, "rows x features", rows * features, 1, MAX_VALUES);
}

export interface RegressionOptions {
  rows: number;
  features: number;
  /** Features that matter; more than `features` means all. Default 10. */
  informative?: number;
  /** Deviation of the noise added to labels. Default 0. */
  noise?: number;
}

/**
 * y = A w + noise N(0,1): A i.i.d. N(0,1), `informative` entries of w at random places are 100 Uniform(0,1), the rest 0.
 * Source: the distribution of scikit-learn's make_regression with its defaults. It also shuffles the rows, which leaves the
 * distribution of i.i.d. rows as it is.
 */
export function makeRegression(options: RegressionOptions, random: Random): DenseData & { coefficients: Float64Array } {
  const { rows, features, informative = 10, noise = 0 } = options;
  checkSize("make-regression", rows, features);
  check("make-regression", "informative", informative, 0, Number.MAX_SAFE_INTEGER);
  check("make-regression", "noise", noise, 0, Number.MAX_VALUE, false);
  const coefficients = new Float64Array(features);
  const order = permutation(features, random);
  for (let j = 0; j < Math.min(informative, features); ++j) coefficients[order[j]!] = 100 * random.uniform();
  const values = new Float64Array(rows * features);
  const labels = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; ++i) {
    let y = 0;
    for (let j = 0; j < features; ++j, ++at) {
      const a = random.normal();
      values[at] = a;
      y += a * coefficients[j]!;
    }
    labels[i] = noise === 0 ? y : y + noise * random.normal();
  }
  return { kind: "dense", rows, cols: features, values, labels, coefficients };
}

export interface ClassificationOptions {
  rows: number;
  features: number;
  /** Distance of each class centre from the origin, in deviations. Default 1. */
  separation?: number;
  /** Probability that a label is turned round. Default 0. */
  flip?: number;
  /** Sparse rows with max(1, round(density features)) stored entries each, at random places. Default: dense. */
  density?: number;
}

/**
 * Two Gaussian classes: label b = +-1 with probability 1/2, a = b separation u + N(0, I), u a random unit vector (drawn first);
 * then b changes sign with probability `flip`. A sparse row holds the entries of such an `a` at its places.
 * The classes are those of scikit-learn's make_classification with one cluster a class and no redundant features.
 */
export function makeClassification(options: ClassificationOptions, random: Random): Data {
  const { rows, features, separation = 1, flip = 0, density } = options;
  const subject = "make-classification";
  if (density !== undefined) check(subject, "density", density, Number.MIN_VALUE, 1, false);
  const stored = density === undefined ? features : Math.max(1, Math.round(density * features));
  checkSize(subject, rows, stored);
  check(subject, "features", features, 1, MAX_VALUES);
  check(subject, "separation", separation, 0, Number.MAX_VALUE, false);
  check(subject, "flip", flip, 0, 1, false);
  const direction = unitVector(features, random);
  const values = new Float64Array(rows * stored);
  const columns = density === undefined ? undefined : new Uint32Array(rows * stored);
  const labels = new Float64Array(rows);
  for (let i = 0; i < rows; ++i) {
    const label = random.uniform() < 0.5 ? -1 : 1;
    const from = i * stored;
    if (columns !== undefined) subset(features, columns.subarray(from, from + stored), random);
    for (let j = 0; j < stored; ++j) {
      const c = columns === undefined ? j : columns[from + j]!;
      values[from + j] = label * separation * direction[c]! + random.normal();
    }
    labels[i] = flip > 0 && random.uniform() < flip ? -label : label;
  }
  if (columns === undefined) return { kind: "dense", rows, cols: features, values, labels };
  const rowStart = Uint32Array.from({ length: rows + 1 }, (_, i) => i * stored);
  return { kind: "csr", rows, cols: features, rowStart, columns, values, labels } satisfies CsrData;
}

function unitVector(n: number, random: Random): Float64Array {
  const u = new Float64Array(n);
  let squares = 0;
  while (squares === 0)
    for (let i = 0; i < n; ++i) {
      u[i] = random.normal();
      squares += u[i]! * u[i]!;
    }
  const norm = Math.sqrt(squares);
  return u.map((v) => v / norm);
}

/** Fills `out` with a uniformly random subset of 0..n-1, ascending. R. W. Floyd's method: out.length draws (CACM 30(9), 1987). */
function subset(n: number, out: Uint32Array, random: Random): void {
  const chosen = new Set<number>();
  for (let j = n - out.length; j < n; ++j) {
    const t = random.below(j + 1);
    chosen.add(chosen.has(t) ? j : t);
  }
  let at = 0;
  for (const index of chosen) out[at++] = index;
  out.sort();
}

export interface QuadraticOptions {
  workers: number;
  dim: number;
  /** Smallest eigenvalue of every worker's matrix. */
  mu: number;
  /** Largest one: of all workers, or one each. */
  L: number | readonly number[];
  /** Deviation of the workers' minimisers around the common centre; 0: all equal. Default 1. */
  heterogeneity?: number;
  /** False: diagonal matrices. Default: each worker has its own random axes. */
  rotate?: boolean;
}

/** f(x) = x'Ax/2 - b'x + constant, with f(minimiser) = 0. */
export interface Quadratic {
  readonly dim: number;
  /** A, symmetric: dim x dim, row after row; without `rotate` its diagonal alone. */
  readonly matrix: Float64Array;
  /** b = A minimiser. */
  readonly linear: Float64Array;
  readonly constant: number;
  readonly minimiser: Float64Array;
  /** Ascending (mu first, L last) unless dim = 1, where the only one is L. */
  readonly spectrum: Float64Array;
}

/** One quadratic a worker: ends of the spectrum as given, eigenvalues between them uniform; A = H diag(spectrum) H, H = I - 2vv' with a random unit v. */
export function makeQuadratics(options: QuadraticOptions, random: Random): Quadratic[] {
  const { workers, dim, mu, L, heterogeneity = 1, rotate = true } = options;
  const subject = "quadratics";
  check(subject, "workers", workers, 1, MAX_VALUES);
  check(subject, "dim", dim, 1, rotate ? 2 ** 15 : 2 ** 24);
  check(subject, "mu", mu, 0, Number.MAX_VALUE, false);
  check(subject, "heterogeneity", heterogeneity, 0, Number.MAX_VALUE, false);
  const tops = typeof L === "number" ? Array.from({ length: workers }, () => L) : [...L];
  if (tops.length !== workers)
    throw new RangeError(`${subject}: L must be a number or ${workers} of them (workers), got ${tops.length}`);
  for (const top of tops)
    if (!(top >= mu && top < Infinity))
      throw new RangeError(`${subject}: L must be finite and at least ${mu} (mu), got ${top}`);
  const centre = Float64Array.from({ length: dim }, () => random.normal());
  return tops.map((top) => {
    const spectrum = Float64Array.from({ length: dim }, () => mu + (top - mu) * random.uniform());
    spectrum[0] = mu;
    spectrum[dim - 1] = top;
    spectrum.sort();
    const minimiser = centre.map((c) => c + heterogeneity * random.normal());
    return quadratic(spectrum, rotate ? unitVector(dim, random) : undefined, minimiser);
  });
}

function quadratic(spectrum: Float64Array, v: Float64Array | undefined, minimiser: Float64Array): Quadratic {
  const dim = spectrum.length;
  const matrix = v ? reflected(spectrum, v) : spectrum.slice();
  const linear = new Float64Array(dim);
  let constant = 0;
  for (let i = 0; i < dim; ++i) {
    let sum = 0;
    if (v) for (let j = 0; j < dim; ++j) sum += matrix[i * dim + j]! * minimiser[j]!;
    else sum = matrix[i]! * minimiser[i]!;
    linear[i] = sum;
    constant += (sum * minimiser[i]!) / 2;
  }
  return { dim, matrix, linear, constant, minimiser, spectrum };
}

/** H D H = D - 2 v (Dv)' - 2 (Dv) v' + 4 (v'Dv) v v', written symmetrically so that both triangles are equal bit for bit. */
function reflected(spectrum: Float64Array, v: Float64Array): Float64Array {
  const dim = spectrum.length;
  const matrix = new Float64Array(dim * dim);
  const dv = spectrum.map((s, i) => s * v[i]!);
  const inner = dv.reduce((sum, x, i) => sum + x * v[i]!, 0);
  const w = dv.map((x, i) => x - inner * v[i]!);
  for (let i = 0; i < dim; ++i) {
    matrix[i * dim + i] = spectrum[i]!;
    for (let j = 0; j <= i; ++j) {
      const at = i * dim + j;
      matrix[at] = matrix[at]! - 2 * (v[i]! * w[j]! + w[i]! * v[j]!);
      matrix[j * dim + i] = matrix[at]!;
    }
  }
  return matrix;
}
