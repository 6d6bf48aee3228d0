// A = L L^T in place in the lower triangle, row-major with full n x n storage; what lies above the diagonal is neither
// read nor written. Standard error analysis (Higham, Accuracy and Stability, thm. 10.3) holds for any order of the sums.
//
// Order. With b = 4 floor(j / 4): the products L_ik L_jk of k < b add to lane k mod 2 (f64) or k mod 4 (f32), the lanes fold
// as l0 + l1 or (l0 + l1) + (l2 + l3), s = a_ij - fold, then s -= L_ik L_jk for k = b .. j-1 in turn; L_ij = s / L_jj,
// L_jj = sqrt(s). So a tile of four columns shares one vector loop, and its inner triangle is scalar.
import { rowDot } from "./matvec";

/** Rows worked on together: their 32 x 1000 f64 stay in L2 while the rows above stream past once. */
const ROWS: usize = 32;

function foldLanes<T extends number>(v: v128): T {
  if (sizeof<T>() == 8) return <T>(f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1));
  const low = f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1);
  return <T>(low + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3)));
}

/** Columns j..j+3 of one row, given the vector sums over k < j. `row` and `top` are the addresses of L_ij and L_jj. */
function finishFour<T extends number>(
  stride: usize,
  row: usize,
  top: usize,
  c0: v128,
  c1: v128,
  c2: v128,
  c3: v128,
): void {
  const size = sizeof<T>();
  const l1 = top + stride;
  const l2 = l1 + stride;
  const l3 = l2 + stride;
  const r0 = <T>(<T>(load<T>(row) - foldLanes<T>(c0)) / load<T>(top));
  store<T>(row, r0);
  let s = <T>(load<T>(row + size) - foldLanes<T>(c1));
  const r1 = <T>(<T>(s - <T>(r0 * load<T>(l1))) / load<T>(l1 + size));
  store<T>(row + size, r1);
  s = <T>(load<T>(row + size * 2) - foldLanes<T>(c2));
  s = <T>(s - <T>(r0 * load<T>(l2)));
  const r2 = <T>(<T>(s - <T>(r1 * load<T>(l2 + size))) / load<T>(l2 + size * 2));
  store<T>(row + size * 2, r2);
  s = <T>(load<T>(row + size * 3) - foldLanes<T>(c3));
  s = <T>(s - <T>(r0 * load<T>(l3)));
  s = <T>(s - <T>(r1 * load<T>(l3 + size)));
  store<T>(row + size * 3, <T>(<T>(s - <T>(r2 * load<T>(l3 + size * 2))) / load<T>(l3 + size * 3)));
}

/** Columns j..j+3 of two rows: eight accumulators. j in bytes, `top` and `row` the starts of rows j and i. */
function twoRows<T extends number>(stride: usize, j: usize, top: usize, row: usize): void {
  const row2 = row + stride;
  const t1 = top + stride;
  const t2 = t1 + stride;
  const t3 = t2 + stride;
  let c0 = f64x2.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  let d0 = c0;
  let d1 = c0;
  let d2 = c0;
  let d3 = c0;
  for (let k: usize = 0; k < j; k += 16) {
    const x = v128.load(row + k);
    const y = v128.load(row2 + k);
    const u0 = v128.load(top + k);
    c0 = v128.add<T>(c0, v128.mul<T>(x, u0));
    d0 = v128.add<T>(d0, v128.mul<T>(y, u0));
    const u1 = v128.load(t1 + k);
    c1 = v128.add<T>(c1, v128.mul<T>(x, u1));
    d1 = v128.add<T>(d1, v128.mul<T>(y, u1));
    const u2 = v128.load(t2 + k);
    c2 = v128.add<T>(c2, v128.mul<T>(x, u2));
    d2 = v128.add<T>(d2, v128.mul<T>(y, u2));
    const u3 = v128.load(t3 + k);
    c3 = v128.add<T>(c3, v128.mul<T>(x, u3));
    d3 = v128.add<T>(d3, v128.mul<T>(y, u3));
  }
  finishFour<T>(stride, row + j, top + j, c0, c1, c2, c3);
  finishFour<T>(stride, row2 + j, top + j, d0, d1, d2, d3);
}

function oneRow<T extends number>(stride: usize, j: usize, top: usize, row: usize): void {
  let c0 = f64x2.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  for (let k: usize = 0; k < j; k += 16) {
    const x = v128.load(row + k);
    c0 = v128.add<T>(c0, v128.mul<T>(x, v128.load(top + k)));
    c1 = v128.add<T>(c1, v128.mul<T>(x, v128.load(top + stride + k)));
    c2 = v128.add<T>(c2, v128.mul<T>(x, v128.load(top + stride * 2 + k)));
    c3 = v128.add<T>(c3, v128.mul<T>(x, v128.load(top + stride * 3 + k)));
  }
  finishFour<T>(stride, row + j, top + j, c0, c1, c2, c3);
}

/** a_ij minus the sum over k < j: the numerator of L_ij, or the square of L_jj. b = 4 floor(j / 4); b and j in bytes. */
function numerator<T extends number>(b: usize, j: usize, row: usize, top: usize): T {
  let c = f64x2.splat(0);
  let k: usize = 0;
  for (; k < b; k += 16) c = v128.add<T>(c, v128.mul<T>(v128.load(row + k), v128.load(top + k)));
  let s = <T>(load<T>(row + j) - foldLanes<T>(c));
  for (; k < j; k += sizeof<T>()) s = <T>(s - <T>(load<T>(row + k) * load<T>(top + k)));
  return s;
}

/** Rows and columns first..last-1 (at most four, first a multiple of 4). Returns 0 or the failing pivot, from 1. */
function triangle<T extends number>(stride: usize, a: usize, first: usize, last: usize): u32 {
  const b = first * sizeof<T>();
  for (let i = first; i < last; ++i) {
    const row = a + i * stride;
    for (let j = first; j < i; ++j) {
      const top = a + j * stride;
      const at = j * sizeof<T>();
      store<T>(row + at, <T>(numerator<T>(b, at, row, top) / load<T>(top + at)));
    }
    const at = i * sizeof<T>();
    const s = numerator<T>(b, at, row, row);
    if (!(s > 0 && s < <T>Infinity)) return <u32>(i + 1);
    store<T>(row + at, sqrt<T>(s));
  }
  return 0;
}

export function cholesky<T extends number>(n: usize, a: usize): u32 {
  const stride = n * sizeof<T>();
  for (let from: usize = 0; from < n; from += ROWS) {
    const to = min(from + ROWS, n);
    for (let j: usize = 0; j < to; j += 4) {
      if (j >= from) {
        const failed = triangle<T>(stride, a, j, min(j + 4, n));
        if (failed) return failed;
      }
      const top = a + j * stride;
      let i = max(from, j + 4);
      for (; i + 2 <= to; i += 2) twoRows<T>(stride, j * sizeof<T>(), top, a + i * stride);
      if (i < to) oneRow<T>(stride, j * sizeof<T>(), top, a + i * stride);
    }
  }
  return 0;
}

/** Forward: y_i = (b_i - dot(L_i, y)) / L_ii, the dot in the contract's order. Backward: x_i = y_i / L_ii, y -= x_i L_i. */
export function choleskySolve<T extends number>(n: usize, a: usize, b: usize): void {
  const stride = n * sizeof<T>();
  let row = a;
  for (let at: usize = 0; at < stride; at += sizeof<T>()) {
    const s = <T>(load<T>(b + at) - <T>rowDot<T>(at, row, b));
    store<T>(b + at, <T>(s / load<T>(row + at)));
    row += stride;
  }
  for (let end = stride; end; ) {
    end -= sizeof<T>();
    row -= stride;
    const x = <T>(load<T>(b + end) / load<T>(row + end));
    store<T>(b + end, x);
    const xs = v128.splat<T>(x);
    let at: usize = 0;
    for (; at + 16 <= end; at += 16) {
      v128.store(b + at, v128.sub<T>(v128.load(b + at), v128.mul<T>(xs, v128.load(row + at))));
    }
    for (; at < end; at += sizeof<T>()) store<T>(b + at, <T>(load<T>(b + at) - <T>(x * load<T>(row + at))));
  }
}
