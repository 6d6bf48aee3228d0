/**
 * Dense vectors in plain JS, as fast as engines run it: eight accumulators, since one chain of additions costs its
 * latency (4 cycles) an element. Sums of f32 vectors run in doubles: engines widen each element on load anyway.
 */

export type Floats = Float32Array | Float64Array;

export function sum(n: number, x: Floats): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  const body = n & ~7;
  for (let i = 0; i < body; i += 8) {
    s0 += x[i]!;
    s1 += x[i + 1]!;
    s2 += x[i + 2]!;
    s3 += x[i + 3]!;
    s4 += x[i + 4]!;
    s5 += x[i + 5]!;
    s6 += x[i + 6]!;
    s7 += x[i + 7]!;
  }
  for (let i = body; i < n; ++i) s0 += x[i]!;
  return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
}

export function dot(n: number, x: Floats, y: Floats): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  const body = n & ~7;
  for (let i = 0; i < body; i += 8) {
    s0 += x[i]! * y[i]!;
    s1 += x[i + 1]! * y[i + 1]!;
    s2 += x[i + 2]! * y[i + 2]!;
    s3 += x[i + 3]! * y[i + 3]!;
    s4 += x[i + 4]! * y[i + 4]!;
    s5 += x[i + 5]! * y[i + 5]!;
    s6 += x[i + 6]! * y[i + 6]!;
    s7 += x[i + 7]! * y[i + 7]!;
  }
  for (let i = body; i < n; ++i) s0 += x[i]! * y[i]!;
  return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
}

export function norm1(n: number, x: Floats): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  const body = n & ~7;
  for (let i = 0; i < body; i += 8) {
    s0 += Math.abs(x[i]!);
    s1 += Math.abs(x[i + 1]!);
    s2 += Math.abs(x[i + 2]!);
    s3 += Math.abs(x[i + 3]!);
    s4 += Math.abs(x[i + 4]!);
    s5 += Math.abs(x[i + 5]!);
    s6 += Math.abs(x[i + 6]!);
    s7 += Math.abs(x[i + 7]!);
  }
  for (let i = body; i < n; ++i) s0 += Math.abs(x[i]!);
  return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
}

/** Euclidean norm; f64 vectors may overflow here, the library's does not. Not by `dot`, which would load each entry twice. */
export function norm2(n: number, x: Floats): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const body = n & ~3;
  for (let i = 0; i < body; i += 4) {
    const v0 = x[i]!;
    const v1 = x[i + 1]!;
    const v2 = x[i + 2]!;
    const v3 = x[i + 3]!;
    s0 += v0 * v0;
    s1 += v1 * v1;
    s2 += v2 * v2;
    s3 += v3 * v3;
  }
  for (let i = body; i < n; ++i) s0 += x[i]! * x[i]!;
  return Math.sqrt(s0 + s1 + (s2 + s3));
}

export function normMax(n: number, x: Floats): number {
  let m0 = 0;
  let m1 = 0;
  let m2 = 0;
  let m3 = 0;
  const body = n & ~3;
  for (let i = 0; i < body; i += 4) {
    m0 = Math.max(m0, Math.abs(x[i]!));
    m1 = Math.max(m1, Math.abs(x[i + 1]!));
    m2 = Math.max(m2, Math.abs(x[i + 2]!));
    m3 = Math.max(m3, Math.abs(x[i + 3]!));
  }
  for (let i = body; i < n; ++i) m0 = Math.max(m0, Math.abs(x[i]!));
  return Math.max(m0, m1, m2, m3);
}

/** Whether all entries are finite: t - t is NaN for the others, and NaN sticks to a sum. */
export function finite(n: number, x: Floats): boolean {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const body = n & ~3;
  for (let i = 0; i < body; i += 4) {
    s0 += x[i]! - x[i]!;
    s1 += x[i + 1]! - x[i + 1]!;
    s2 += x[i + 2]! - x[i + 2]!;
    s3 += x[i + 3]! - x[i + 3]!;
  }
  for (let i = body; i < n; ++i) s0 += x[i]! - x[i]!;
  return s0 + s1 + s2 + s3 === 0;
}

/** y += a x, in doubles, rounded once. */
export function axpy(n: number, a: number, x: Floats, y: Floats): void {
  const body = n & ~3;
  for (let i = 0; i < body; i += 4) {
    y[i] = y[i]! + a * x[i]!;
    y[i + 1] = y[i + 1]! + a * x[i + 1]!;
    y[i + 2] = y[i + 2]! + a * x[i + 2]!;
    y[i + 3] = y[i + 3]! + a * x[i + 3]!;
  }
  for (let i = body; i < n; ++i) y[i] = y[i]! + a * x[i]!;
}

/** out = A x, row-major. */
export function gemv(rows: number, cols: number, a: Floats, x: Floats, out: Floats): void {
  const body = cols & ~3;
  for (let i = 0; i < rows; ++i) {
    let at = i * cols;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < body; j += 4, at += 4) {
      s0 += a[at]! * x[j]!;
      s1 += a[at + 1]! * x[j + 1]!;
      s2 += a[at + 2]! * x[j + 2]!;
      s3 += a[at + 3]! * x[j + 3]!;
    }
    for (let j = body; j < cols; ++j, ++at) s0 += a[at]! * x[j]!;
    out[i] = s0 + s1 + (s2 + s3);
  }
}
