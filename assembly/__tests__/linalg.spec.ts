import {
  cholesky_f64,
  choleskySolve_f64,
  csrGram_f64,
  csrMatvec_f64,
  gemv_f32,
  gemv_f64,
  gemvT_f64,
  gram_f64,
} from "../linalg";
import { exp, log1p } from "../linalg/logistic";

function at<T>(a: StaticArray<T>): usize {
  return changetype<usize>(a);
}

describe("linalg", () => {
  it("multiplies by a matrix and its transpose", () => {
    const a: StaticArray<f64> = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const x: StaticArray<f64> = [1, -1, 2];
    const out = new StaticArray<f64>(3);
    gemv_f64(3, 3, at(a), at(x), at(out));
    expect(out[0]).toBe(5);
    expect(out[1]).toBe(11);
    expect(out[2]).toBe(17);
    gemvT_f64(3, 3, at(a), at(x), at(out));
    expect(out[0]).toBe(11);
    expect(out[1]).toBe(13);
    expect(out[2]).toBe(15);
  });

  it("carries f32 row sums in f64 from block to block", () => {
    // 2^24 + 1 is no f32; 1 in each of the further blocks would be lost in an f32 total
    const n = 256 * 9;
    const a = new StaticArray<f32>(n);
    const x = new StaticArray<f32>(n);
    const out = new StaticArray<f32>(1);
    for (let block = 0; block < 9; ++block) {
      a[256 * block] = block ? 1 : 16777216;
      x[256 * block] = 1;
    }
    gemv_f32(1, n, at(a), at(x), at(out));
    expect(out[0]).toBe(16777224);
  });

  it("forms the same weighted Gram matrix from dense and sparse rows", () => {
    const a: StaticArray<f64> = [1, 0, 2, 0, 3, 4];
    const w: StaticArray<f64> = [2, 0.5];
    const rowStart: StaticArray<u32> = [0, 2, 4];
    const columns: StaticArray<u32> = [0, 2, 1, 2];
    const values: StaticArray<f64> = [1, 2, 3, 4];
    const dense = new StaticArray<f64>(9);
    const sparse = new StaticArray<f64>(9);
    const out = new StaticArray<f64>(2);
    const x: StaticArray<f64> = [1, 1, 1];
    gram_f64(2, 3, at(a), at(w), at(dense));
    csrGram_f64(2, 3, at(rowStart), at(columns), at(values), at(w), at(sparse));
    const expected: StaticArray<f64> = [2, 0, 4.5, 4, 6, 16];
    let next = 0;
    for (let i = 0; i < 3; ++i) {
      for (let j = 0; j <= i; ++j) {
        expect(dense[3 * i + j]).toBe(expected[next]);
        expect(sparse[3 * i + j]).toBe(expected[next]);
        ++next;
      }
    }
    csrMatvec_f64(2, at(rowStart), at(columns), at(values), at(x), at(out));
    expect(out[0]).toBe(3);
    expect(out[1]).toBe(7);
  });

  it("solves through the Cholesky factor, and names the failing pivot", () => {
    const a: StaticArray<f64> = [4, -9, 2, 5]; // the entry above the diagonal is not read
    const b: StaticArray<f64> = [8, 16];
    expect(cholesky_f64(2, at(a))).toBe(0);
    expect(a[1]).toBe(-9);
    expect(a[3]).toBe(2);
    choleskySolve_f64(2, at(a), at(b));
    expect(b[0]).toBe(0.5);
    expect(b[1]).toBe(3);
    const singular: StaticArray<f64> = [1, 0, 1, 1];
    expect(cholesky_f64(2, at(singular))).toBe(2);
  });

  it("has exp and log1p within 2 ulp of rounded values", () => {
    const points: StaticArray<f64> = [-700, -37.5, -1, -0.34, 0, 0.35, 1, 88, 709];
    for (let i = 0; i < points.length; ++i) {
      const v = exp(f64x2.splat(points[i]));
      const want = NativeMath.exp(points[i]); // itself below 1 ulp
      expect(abs(f64x2.extract_lane(v, 0) - want)).toBeLessThan(want * 4.5e-16);
      expect(f64x2.extract_lane(v, 1)).toBe(f64x2.extract_lane(v, 0));
    }
    for (let i = 0; i <= 16; ++i) {
      const x: f64 = <f64>i / 16;
      const want = NativeMath.log1p(x);
      expect(abs(f64x2.extract_lane(log1p(f64x2.splat(x)), 0) - want)).toBeLessThanOrEqual(want * 4.5e-16);
    }
    expect(f64x2.extract_lane(exp(f64x2.splat(-Infinity)), 0)).toBe(0);
  });
});
