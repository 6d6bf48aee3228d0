// The oracle module, export by export. bindings/kernels.ts documents each.
import { cholesky, choleskySolve } from "./cholesky";
import { csrGram, csrMatvec, csrMatvecT } from "./csr";
import { gram } from "./gram";
import { logisticCurvature, logisticLoss, logisticSlope } from "./logistic";
import { gemv, gemvT } from "./matvec";

export function gemv_f32(rows: usize, cols: usize, a: usize, x: usize, out: usize): void {
  gemv<f32>(rows, cols, a, x, out);
}
export function gemv_f64(rows: usize, cols: usize, a: usize, x: usize, out: usize): void {
  gemv<f64>(rows, cols, a, x, out);
}

export function gemvT_f32(rows: usize, cols: usize, a: usize, r: usize, out: usize): void {
  gemvT<f32>(rows, cols, a, r, out);
}
export function gemvT_f64(rows: usize, cols: usize, a: usize, r: usize, out: usize): void {
  gemvT<f64>(rows, cols, a, r, out);
}

export function csrMatvec_f32(rows: usize, rowStart: usize, columns: usize, values: usize, x: usize, out: usize): void {
  csrMatvec<f32>(rows, rowStart, columns, values, x, out);
}
export function csrMatvec_f64(rows: usize, rowStart: usize, columns: usize, values: usize, x: usize, out: usize): void {
  csrMatvec<f64>(rows, rowStart, columns, values, x, out);
}

export function csrMatvecT_f32(
  rows: usize,
  cols: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  r: usize,
  out: usize,
): void {
  csrMatvecT<f32>(rows, cols, rowStart, columns, values, r, out);
}
export function csrMatvecT_f64(
  rows: usize,
  cols: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  r: usize,
  out: usize,
): void {
  csrMatvecT<f64>(rows, cols, rowStart, columns, values, r, out);
}

export function csrGram_f32(
  rows: usize,
  cols: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  w: usize,
  out: usize,
): void {
  csrGram<f32>(rows, cols, rowStart, columns, values, w, out);
}
export function csrGram_f64(
  rows: usize,
  cols: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  w: usize,
  out: usize,
): void {
  csrGram<f64>(rows, cols, rowStart, columns, values, w, out);
}

export function gram_f32(rows: usize, cols: usize, a: usize, w: usize, out: usize): void {
  gram<f32>(rows, cols, a, w, out);
}
export function gram_f64(rows: usize, cols: usize, a: usize, w: usize, out: usize): void {
  gram<f64>(rows, cols, a, w, out);
}

export function cholesky_f32(n: usize, a: usize): u32 {
  return cholesky<f32>(n, a);
}
export function cholesky_f64(n: usize, a: usize): u32 {
  return cholesky<f64>(n, a);
}

export function choleskySolve_f32(n: usize, a: usize, b: usize): void {
  choleskySolve<f32>(n, a, b);
}
export function choleskySolve_f64(n: usize, a: usize, b: usize): void {
  choleskySolve<f64>(n, a, b);
}

export function logisticSlope_f32(n: usize, a: f32, labels: usize, z: usize): void {
  logisticSlope<f32>(n, a, labels, z);
}
export function logisticSlope_f64(n: usize, a: f64, labels: usize, z: usize): void {
  logisticSlope<f64>(n, a, labels, z);
}

export function logisticCurvature_f32(n: usize, a: f32, z: usize): void {
  logisticCurvature<f32>(n, a, z);
}
export function logisticCurvature_f64(n: usize, a: f64, z: usize): void {
  logisticCurvature<f64>(n, a, z);
}

export function logisticLoss_f32(n: usize, labels: usize, z: usize): f64 {
  return logisticLoss<f32>(n, labels, z);
}
export function logisticLoss_f64(n: usize, labels: usize, z: usize): f64 {
  return logisticLoss<f64>(n, labels, z);
}
