/** Data sets in memory: one sample a row, one label a row, plain typed arrays. Functions return new data and leave their input alone. */

import { DataError } from "./error.ts";

export interface DenseData {
  readonly kind: "dense";
  readonly rows: number;
  readonly cols: number;
  /** rows x cols, row after row. */
  readonly values: Float64Array;
  readonly labels: Float64Array;
}

/** Compressed sparse rows: row i's entries are [rowStart[i], rowStart[i+1]), their columns 0-based and strictly increasing. */
export interface CsrData {
  readonly kind: "csr";
  readonly rows: number;
  readonly cols: number;
  /** rows + 1 offsets. */
  readonly rowStart: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
  readonly labels: Float64Array;
}

export type Data = DenseData | CsrData;

/** The given rows in the given order; a row may repeat. Throws RangeError for an index outside the data. */
export function selectRows<D extends Data>(data: D, rows: ArrayLike<number>): D;
export function selectRows(data: Data, rows: ArrayLike<number>): Data {
  const labels = new Float64Array(rows.length);
  let stored = 0;
  for (let i = 0; i < rows.length; ++i) {
    const r = rows[i]!;
    if (!(Number.isInteger(r) && r >= 0 && r < data.rows))
      throw new RangeError(`selectRows: a row must be an integer in 0..${data.rows - 1}, got ${r}`);
    labels[i] = data.labels[r]!;
    if (data.kind === "csr") stored += data.rowStart[r + 1]! - data.rowStart[r]!;
  }
  if (data.kind === "dense") {
    const { cols } = data;
    const values = new Float64Array(rows.length * cols);
    for (let i = 0; i < rows.length; ++i)
      values.set(data.values.subarray(rows[i]! * cols, (rows[i]! + 1) * cols), i * cols);
    return { kind: "dense", rows: rows.length, cols, values, labels };
  }
  const rowStart = new Uint32Array(rows.length + 1);
  const columns = new Uint32Array(stored);
  const values = new Float64Array(stored);
  let at = 0;
  for (let i = 0; i < rows.length; ++i) {
    const from = data.rowStart[rows[i]!]!;
    const to = data.rowStart[rows[i]! + 1]!;
    columns.set(data.columns.subarray(from, to), at);
    values.set(data.values.subarray(from, to), at);
    at += to - from;
    rowStart[i + 1] = at;
  }
  return { kind: "csr", rows: rows.length, cols: data.cols, rowStart, columns, values, labels };
}

/** |a_i|^2 of every row, summed in column order. */
export function rowNormsSquared(data: Data): Float64Array {
  const out = new Float64Array(data.rows);
  for (let i = 0; i < data.rows; ++i) {
    const from = data.kind === "dense" ? i * data.cols : data.rowStart[i]!;
    const to = data.kind === "dense" ? from + data.cols : data.rowStart[i + 1]!;
    let sum = 0;
    for (let j = from; j < to; ++j) sum += data.values[j]! * data.values[j]!;
    out[i] = sum;
  }
  return out;
}

/** Calls `visit(column, position in values)` for every stored entry, row by row. */
function eachEntry(data: Data, visit: (column: number, at: number) => void): void {
  if (data.kind === "csr") for (let j = 0; j < data.columns.length; ++j) visit(data.columns[j]!, j);
  else for (let i = 0, at = 0; i < data.rows; ++i) for (let c = 0; c < data.cols; ++c, ++at) visit(c, at);
}

/** Largest absolute value of every column. */
export function columnMaxima(data: Data): Float64Array {
  const out = new Float64Array(data.cols);
  eachEntry(data, (c, at) => {
    out[c] = Math.max(out[c]!, Math.abs(data.values[at]!));
  });
  return out;
}

/** Column j divided by by[j] (kept as it is where that is 0): sparse data stays sparse. By default into [-1, 1]; pass the training set's maxima for a test set. */
export function scaleColumns<D extends Data>(data: D, by: Float64Array = columnMaxima(data)): D {
  checkColumns("scaleColumns", data, by);
  const values = new Float64Array(data.values.length);
  eachEntry(data, (c, at) => {
    values[at] = by[c] === 0 ? data.values[at]! : data.values[at]! / by[c]!;
  });
  return { ...data, values };
}

export interface ColumnMoments {
  readonly mean: Float64Array;
  /** Square root of the variance over all rows (divisor: rows). */
  readonly deviation: Float64Array;
}

/** Mean and deviation of every column, absent entries counted as zeros. Two passes, so that a large mean does not cancel. */
export function columnMoments(data: Data): ColumnMoments {
  const mean = new Float64Array(data.cols);
  const deviation = new Float64Array(data.cols);
  const stored = new Float64Array(data.cols);
  eachEntry(data, (c, at) => {
    mean[c] = mean[c]! + data.values[at]!;
    stored[c] = stored[c]! + 1;
  });
  for (let c = 0; c < data.cols; ++c) mean[c] = mean[c]! / Math.max(1, data.rows);
  eachEntry(data, (c, at) => {
    const gap = data.values[at]! - mean[c]!;
    deviation[c] = deviation[c]! + gap * gap;
  });
  for (let c = 0; c < data.cols; ++c) {
    const absent = (data.rows - stored[c]!) * mean[c]! * mean[c]!;
    deviation[c] = Math.sqrt((deviation[c]! + absent) / Math.max(1, data.rows));
  }
  return { mean, deviation };
}

/** Columns shifted to mean 0 and scaled to deviation 1; constant columns become 0. The result is dense: a shift leaves no zeros. */
export function standardise(data: Data, moments: ColumnMoments = columnMoments(data)): DenseData {
  checkColumns("standardise", data, moments.mean);
  checkColumns("standardise", data, moments.deviation);
  const dense = toDense(data);
  const values = new Float64Array(dense.values.length);
  eachEntry(dense, (c, at) => {
    const { mean, deviation } = moments;
    // the mean of equal values may differ from them by rounding: such a column must not be blown up to deviation 1
    const flat = deviation[c]! <= 1e-14 * Math.abs(mean[c]!);
    values[at] = flat ? 0 : (dense.values[at]! - mean[c]!) / deviation[c]!;
  });
  return { ...dense, values };
}

function checkColumns(subject: string, data: Data, given: Float64Array): void {
  if (given.length !== data.cols)
    throw new RangeError(`${subject}: one number a column is needed (${data.cols}), got ${given.length}`);
}

const MAX_DENSE = 2 ** 30; // 8 GiB of f64: a wrong column count should say so, not exhaust the machine

/** The same data with every zero written out. */
export function toDense(data: Data): DenseData {
  if (data.kind === "dense") return data;
  const { rows, cols, labels } = data;
  if (rows * cols > MAX_DENSE)
    throw new DataError("toDense", `rows x columns must be at most ${MAX_DENSE}`, `${rows} x ${cols}`);
  const values = new Float64Array(rows * cols);
  for (let i = 0; i < rows; ++i)
    for (let j = data.rowStart[i]!; j < data.rowStart[i + 1]!; ++j)
      values[i * cols + data.columns[j]!] = data.values[j]!;
  return { kind: "dense", rows, cols, values, labels };
}

/** Share of entries that are not zero, in [0, 1]; 0 for empty data. */
export function density(data: Data): number {
  let nonZero = 0;
  for (let j = 0; j < data.values.length; ++j) if (data.values[j] !== 0) ++nonZero;
  return nonZero === 0 ? 0 : nonZero / data.rows / data.cols;
}

/** Rows as side x side images, each 2x2 block replaced by its mean: (side/2)^2 columns. `side` is even and side^2 = cols. */
export function pool2x2(data: DenseData, side: number): DenseData {
  if (!Number.isInteger(side) || side < 2 || side % 2 !== 0 || side * side !== data.cols)
    throw new RangeError(`pool2x2: side must be even with side^2 = ${data.cols} (columns), got ${side}`);
  const half = side / 2;
  const values = new Float64Array(data.rows * half * half);
  const v = data.values;
  let out = 0;
  for (let row = 0; row < data.rows; ++row)
    for (let y = 0; y < half; ++y)
      for (let x = 0; x < half; ++x) {
        const at = row * data.cols + 2 * y * side + 2 * x;
        values[out++] = (v[at]! + v[at + 1]! + (v[at + side]! + v[at + side + 1]!)) / 4;
      }
  return { ...data, cols: half * half, values };
}

/** Which labels become +1: one, several, or the odd integers. */
export type Positive = number | readonly number[] | "odd";

const LISTED = 10;

/** Distinct labels in ascending order, at most `limit` of them (by first appearance). */
export function distinctLabels(data: Data, limit = Number.POSITIVE_INFINITY): number[] {
  const seen = new Set<number>();
  for (let i = 0; i < data.rows && seen.size < limit; ++i) seen.add(data.labels[i]!);
  return [...seen].sort((a, b) => a - b);
}

/**
 * Labels as -1 and +1. Without `positive` there must be exactly two distinct labels and the larger becomes +1 (0/1, 1/2, -1/+1);
 * with it the named labels become +1 and all others -1. Throws DataError naming the labels found, also when one side would be empty.
 */
export function binaryLabels<D extends Data>(data: D, positive?: Positive): D {
  const found = distinctLabels(data, LISTED + 1);
  const listed =
    found.length > LISTED
      ? `more than ${LISTED} (${found.slice(0, LISTED)}, ...)`
      : `${found.length} (${found.join(", ")})`;
  if (positive === undefined && found.length !== 2)
    throw new DataError(
      "binaryLabels",
      'labels must take exactly two values, or "positive" name those that become +1',
      listed,
    );
  const isPositive = positiveTest(positive ?? found[1]!);
  const labels = new Float64Array(data.rows);
  let count = 0;
  for (let i = 0; i < data.rows; ++i) {
    const yes = isPositive(data.labels[i]!);
    labels[i] = yes ? 1 : -1;
    if (yes) ++count;
  }
  if (count === 0 || count === data.rows)
    throw new DataError(
      "binaryLabels",
      `positive must match some labels but not all (matched ${count} of ${data.rows} rows)`,
      listed,
    );
  return { ...data, labels };
}

function positiveTest(positive: Positive): (label: number) => boolean {
  if (positive === "odd") return (label) => Math.abs(label % 2) === 1;
  if (typeof positive === "number") return (label) => label === positive;
  const chosen = new Set(positive);
  return (label) => chosen.has(label);
}
