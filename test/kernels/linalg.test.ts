import { describe, expect, test } from "vitest";
import type { Dtype, Kernels } from "../../bindings/kernels.ts";
import { both, bytesOf, dtypes, inputs, lcg, pair, vec } from "./harness.ts";
import { Layout } from "./layout.ts";

const normal = (n: number, r: () => number): number[] => inputs["normal"]!(n, r);

function randomCsr(rows: number, cols: number, density: number, r: () => number) {
  const rowStart = [0];
  const columns: number[] = [];
  const dense = new Float64Array(rows * cols);
  for (let i = 0; i < rows; ++i) {
    for (let j = 0; j < cols; ++j) {
      if (r() >= density) continue;
      columns.push(j);
      dense[i * cols + j] = Math.fround(normal(1, r)[0]!);
    }
    rowStart.push(columns.length);
  }
  const values: number[] = [];
  for (let i = 0; i < rows; ++i) {
    for (let p = rowStart[i]!; p < rowStart[i + 1]!; ++p) values.push(dense[i * cols + columns[p]!]!);
  }
  return { rowStart, columns, values, dense };
}

const shapes: [number, number][] = [];
for (let rows = 0; rows <= 40; rows += rows < 10 ? 1 : 3)
  for (let cols = 0; cols <= 70; ++cols) shapes.push([rows, cols]);
shapes.push([7, 255], [8, 256], [9, 257], [5, 1031], [131, 196], [200, 33], [300, 3]);

describe.each(dtypes)("dense, %s", (dtype) => {
  const size = bytesOf(dtype);

  test("gemv and gemvT agree with the reference for all small shapes, and stay inside", () => {
    const p = pair(1 << 20);
    const r = lcg(1);
    const [w, ref] = both(p, dtype);
    for (const [rows, cols] of shapes) {
      const layout = new Layout(p);
      const skew = (rows + cols) % 4;
      const a = layout.floats(dtype, normal(rows * cols, r), skew);
      const x = layout.floats(dtype, normal(cols, r), skew);
      const y = layout.floats(dtype, normal(rows, r), (skew + 1) % 4);
      const out = layout.take(rows * size);
      const outT = layout.take(cols * size);
      for (const k of [w, ref]) {
        k.gemv(rows, cols, a, x, out);
        k.gemvT(rows, cols, a, y, outT);
      }
      layout.same();
      layout.guarded(out, rows * size);
      layout.guarded(outT, cols * size);
    }
  });

  test("a row of gemv is the core's dot, rounded", () => {
    const p = pair();
    const [w] = both(p, dtype);
    for (const cols of [1, 7, 196, 255, 256, 700]) {
      const layout = new Layout(p);
      const a = layout.floats(dtype, normal(3 * cols, lcg(cols)));
      const x = layout.floats(dtype, normal(cols, lcg(cols + 1)));
      const out = layout.take(3 * size);
      w.gemv(3, cols, a, x, out);
      for (let i = 0; i < 3; ++i) {
        const dot = w.dot(cols, a + i * cols * size, x);
        expect(vec(p.wasm, dtype, 3, out)[i]).toBe(dtype === "f32" ? Math.fround(dot) : dot);
      }
    }
  });

  test.each(Object.keys(inputs))("gemv, gemvT and gram on %s values", (family) => {
    const p = pair();
    const r = lcg(2);
    const [w, ref] = both(p, dtype);
    for (const [rows, cols] of [
      [5, 37],
      [9, 300],
      [70, 18],
    ] as const) {
      const layout = new Layout(p);
      const a = layout.floats(dtype, inputs[family]!(rows * cols, r));
      const x = layout.floats(dtype, inputs[family]!(cols, r));
      const y = layout.floats(dtype, inputs[family]!(rows, r));
      const out = layout.take(rows * size);
      const outT = layout.take(cols * size);
      const square = layout.take(cols * cols * size);
      const results = [p.wasm, p.reference].map((k, i) => {
        const kernels = [w, ref][i]!;
        kernels.gemv(rows, cols, a, x, out);
        kernels.gemvT(rows, cols, a, y, outT);
        kernels.gram(rows, cols, a, y, square);
        // copied as numbers: overflow makes NaNs, whose sign is not part of the contract
        return [[...vec(k, dtype, rows, out)], [...vec(k, dtype, cols, outT)], lower(k, dtype, cols, square)];
      });
      expect(results[0]).toEqual(results[1]);
    }
  });

  test("gram agrees for all small shapes, with and without weights", () => {
    const p = pair(1 << 20);
    const r = lcg(3);
    const [w, ref] = both(p, dtype);
    for (const [rows, cols] of shapes) {
      if (cols > 256) continue;
      const layout = new Layout(p);
      const a = layout.floats(dtype, normal(rows * cols, r), rows % 2);
      const weights = rows % 3 ? layout.floats(dtype, normal(rows, r), 1) : 0;
      const out = layout.take(cols * cols * size);
      for (const k of [w, ref]) k.gram(rows, cols, a, weights, out);
      const [got, want] = [p.wasm, p.reference].map((k) => Float64Array.from(lower(k, dtype, cols, out)));
      expect(Buffer.compare(Buffer.from(got!.buffer), Buffer.from(want!.buffer))).toBe(0);
      layout.guarded(out, cols * cols * size);
    }
  });
});

/** The lower triangle by rows. */
function lower(k: Kernels, dtype: Dtype, n: number, at: number): number[] {
  const all = vec(k, dtype, n * n, at);
  const out: number[] = [];
  for (let i = 0; i < n; ++i) out.push(...all.subarray(i * n, i * n + i + 1));
  return out;
}

describe.each(dtypes)("CSR, %s", (dtype) => {
  const size = bytesOf(dtype);

  test("the three kernels agree with the reference, transposed ones with the dense kernels too", () => {
    const p = pair(1 << 20);
    const r = lcg(4);
    const [w, ref] = both(p, dtype);
    for (const [rows, cols] of shapes) {
      if ((rows * 7 + cols) % 5 || cols > 256) continue;
      const layout = new Layout(p);
      const m = randomCsr(rows, cols, 0.3, r);
      const rowStart = layout.u32(m.rowStart);
      const columns = layout.u32(m.columns);
      const values = layout.floats(dtype, m.values);
      const dense = layout.floats(dtype, m.dense);
      const x = layout.floats(dtype, normal(cols, r));
      const y = layout.floats(dtype, normal(rows, r));
      const out = layout.take(rows * size);
      const outT = layout.take(cols * size);
      const square = layout.take(cols * cols * size);
      const denseT = layout.take(cols * size);
      for (const k of [w, ref]) {
        k.csrMatvec(rows, rowStart, columns, values, x, out);
        k.csrMatvecT(rows, cols, rowStart, columns, values, y, outT);
        k.csrGram(rows, cols, rowStart, columns, values, y, square);
        k.gemvT(rows, cols, dense, y, denseT);
      }
      layout.same();
      for (const [at, count] of [
        [out, rows],
        [outT, cols],
        [square, cols * cols],
      ] as const) {
        layout.guarded(at, count * size);
      }
      expect([...vec(p.wasm, dtype, cols, outT)]).toEqual([...vec(p.wasm, dtype, cols, denseT)]);
      const sparse = lower(p.wasm, dtype, cols, square);
      w.gram(rows, cols, dense, y, square);
      expect(sparse).toEqual(lower(p.wasm, dtype, cols, square));
    }
  });

  test("a range of rows is the whole with a moved rowStart", () => {
    const p = pair();
    const m = randomCsr(20, 11, 0.5, lcg(5));
    const layout = new Layout(p);
    const rowStart = layout.u32(m.rowStart);
    const columns = layout.u32(m.columns);
    const values = layout.floats(dtype, m.values);
    const x = layout.floats(dtype, normal(11, lcg(6)));
    const out = layout.take(20 * size);
    const part = layout.take(13 * size);
    for (const k of both(p, dtype)) {
      k.csrMatvec(20, rowStart, columns, values, x, out);
      k.csrMatvec(13, rowStart + 5 * 4, columns, values, x, part);
    }
    layout.same();
    expect([...vec(p.wasm, dtype, 13, part)]).toEqual([...vec(p.wasm, dtype, 20, out).subarray(5, 18)]);
  });
});

/** Random SPD matrix with condition number about 10^3. */
function spd(n: number, r: () => number): Float64Array {
  const g = normal(n * (n + 3), r);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) {
    for (let j = 0; j <= i; ++j) {
      let s = i === j ? n * 1e-2 : 0;
      for (let k = 0; k < n + 3; ++k) s += g[i * (n + 3) + k]! * g[j * (n + 3) + k]!;
      a[i * n + j] = s;
      a[j * n + i] = s;
    }
  }
  return a;
}

describe.each(dtypes)("Cholesky, %s", (dtype) => {
  const size = bytesOf(dtype);

  test("factor and solution agree with the reference; the upper triangle stays", () => {
    const p = pair(1 << 20);
    const r = lcg(7);
    const [w, ref] = both(p, dtype);
    for (const n of [...Array(42).keys(), 63, 64, 65, 66, 67, 100, 129]) {
      const layout = new Layout(p);
      const matrix = spd(n, r);
      const a = layout.floats(dtype, matrix, n % 4);
      const b = layout.floats(dtype, normal(n, r));
      for (const k of [w, ref]) {
        expect(k.cholesky(n, a)).toBe(0);
        k.choleskySolve(n, a, b);
      }
      layout.same();
      layout.guarded(a, n * n * size);
      const l = vec(p.wasm, dtype, n * n, a);
      const round = dtype === "f32" ? Math.fround : (v: number) => v;
      for (let i = 0; i < n; ++i) for (let j = i + 1; j < n; ++j) expect(l[i * n + j]).toBe(round(matrix[i * n + j]!));
    }
  });

  test("the first pivot that fails is named", () => {
    const p = pair(1 << 20);
    for (const n of [1, 2, 5, 33, 40, 70]) {
      for (const bad of [0, n >> 1, n - 1]) {
        for (const value of [0, -1, Number.NaN, Infinity]) {
          const matrix = spd(n, lcg(8));
          matrix[bad * n + bad] = value;
          const layout = new Layout(p);
          const a = layout.floats(dtype, matrix);
          for (const k of both(p, dtype)) expect(k.cholesky(n, a)).toBe(bad + 1);
        }
      }
    }
  });
});

test("Cholesky solves random SPD systems to 1e-12 (residual relative to |A| |x| + |b|)", () => {
  for (const n of [10, 100, 300]) {
    const p = pair(1 << 21);
    const r = lcg(n);
    const matrix = spd(n, r);
    const rhs = normal(n, r);
    const layout = new Layout(p);
    const a = layout.floats("f64", matrix);
    const b = layout.floats("f64", rhs);
    expect(p.wasm.cholesky_f64(n, a)).toBe(0);
    p.wasm.choleskySolve_f64(n, a, b);
    const x = vec(p.wasm, "f64", n, b);
    for (let i = 0; i < n; ++i) {
      let residual = -rhs[i]!;
      let scale = Math.abs(rhs[i]!);
      for (let j = 0; j < n; ++j) {
        residual += matrix[i * n + j]! * x[j]!;
        scale += Math.abs(matrix[i * n + j]! * x[j]!);
      }
      expect(Math.abs(residual)).toBeLessThanOrEqual(1e-12 * scale);
    }
  }
});
