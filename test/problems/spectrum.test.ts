import { expect, test } from "vitest";
import { Lanczos, ritz } from "../../src/problems/spectrum.ts";
import { host, jacobi, stream } from "./conformance.ts";

/** Symmetric with the given eigenvalues: a product of reflections applied on both sides. */
function symmetric(values: ArrayLike<number>, seed: number): Float64Array {
  const n = values.length;
  const { normal } = stream(seed);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) a[i * n + i] = values[i]!;
  for (let turn = 0; turn < 3; ++turn) {
    const v = Array.from({ length: n }, normal);
    const scale = 2 / v.reduce((sum, x) => sum + x * x, 0);
    for (const [step, stride] of [
      [1, n],
      [n, 1],
    ] as const) {
      for (let i = 0; i < n; ++i) {
        let dot = 0;
        for (let j = 0; j < n; ++j) dot += a[i * stride + j * step]! * v[j]!;
        for (let j = 0; j < n; ++j) a[i * stride + j * step]! -= scale * dot * v[j]!;
      }
    }
  }
  return a;
}

function extremes(matrix: Float64Array, n: number, ends: "largest" | "both", steps = n) {
  const ops = host();
  const a = ops.from(matrix);
  return new Lanczos(ops, n, steps).run((v, out) => ops.typed.gemv(n, n, a.ptr, v.ptr, out.ptr), ends);
}

test("both ends to 1e-12 of the largest, for spread, clustered, repeated and rank-deficient spectra", () => {
  const { uniform } = stream(4);
  const spectra: Record<string, number[]> = {
    one: [3],
    two: [-1, 2],
    equal: Array(20).fill(5),
    zero: Array(10).fill(0),
    uniform: Array.from({ length: 90 }, uniform),
    geometric: Array.from({ length: 60 }, (_, i) => 10 ** (-i / 8)),
    clustered: Array.from({ length: 70 }, (_, i) => (i < 35 ? 1 + 1e-10 * i : 100 - 1e-9 * i)),
    deficient: Array.from({ length: 50 }, (_, i) => (i < 40 ? 0 : i)),
    indefinite: Array.from({ length: 40 }, (_, i) => i - 20),
  };
  for (const [label, values] of Object.entries(spectra)) {
    const found = extremes(symmetric(values, 8), values.length, "both");
    const size = Math.max(...values.map(Math.abs));
    expect(found.converged, label).toBe(true);
    expect(Math.abs(found.largest - Math.max(...values)), label).toBeLessThanOrEqual(1e-12 * size);
    expect(Math.abs(found.smallest - Math.min(...values)), label).toBeLessThanOrEqual(1e-12 * size);
  }
});

test("the upper end of a large matrix takes few products, and a run cut short stays above", () => {
  const values = Array.from({ length: 400 }, (_, i) => (i / 400) ** 2);
  const matrix = symmetric(values, 3);
  const found = extremes(matrix, 400, "largest", 200);
  expect(found.converged).toBe(true);
  expect(found.steps).toBeLessThan(150);
  expect(Math.abs(found.largest / values.at(-1)! - 1)).toBeLessThan(1e-12);
  const cut = extremes(matrix, 400, "largest", 12);
  expect(cut.converged).toBe(false);
  expect(cut.largest).toBeGreaterThanOrEqual(values.at(-1)! * 0.999);
});

test("tridiagonal eigenvalues and the last row of the eigenvectors", () => {
  const n = 30;
  const [diagonal, off] = [Array<number>(n).fill(2), Array<number>(n - 1).fill(-1)];
  const { values, last } = ritz(diagonal, off);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  order.forEach((at, k) => {
    // eigenpairs of the second difference: 2 - 2 cos(t), entry j proportional to sin(j t), t = (k+1) pi / (n+1)
    const t = ((k + 1) * Math.PI) / (n + 1);
    expect(values[at]).toBeCloseTo(2 - 2 * Math.cos(t), 13);
    expect(Math.abs(last[at]!)).toBeCloseTo(Math.sqrt(2 / (n + 1)) * Math.abs(Math.sin(n * t)), 13);
  });
  const matrix = symmetric([1, 2, 3, 4], 2);
  expect(jacobi(matrix, 4)[3]).toBeCloseTo(4, 13);
});
