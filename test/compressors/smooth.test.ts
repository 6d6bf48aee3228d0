import { expect, test } from "vitest";
import { Bytes } from "../../bindings/arena.ts";
import { bestProbabilities } from "../../src/compressors/independent.ts";
import { smooth } from "../../src/compressors/smooth.ts";
import { eigen, Form, majorant, rootOf } from "../../src/compressors/symmetric.ts";
import { lcg } from "../kernels/harness.ts";
import { Bench, create, smoothness } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const kept = (d: number, ratio: number): number => Math.max(1, Math.round(d * ratio));

testCompressor(
  smooth,
  { of: "rand-k:ratio=0.25" },
  { composite: true, samples: 20_000, bytes: (d, size) => 4 + size * (d && kept(d, 0.25)) },
);
testCompressor(smooth, { ratio: 0.4 }, { composite: true, samples: 20_000 });
testCompressor(smooth, { matrix: "diagonal", of: "random-dithering" }, { composite: true, samples: 20_000 });
testCompressor(
  smooth,
  { of: "block:size=7,of=(natural)" },
  {
    composite: true,
    bytes: (d, size) => {
      const blocks = [...Array(Math.max(0, Math.ceil(d / 7) - 1)).fill(7), d === 0 ? 0 : ((d - 1) % 7) + 1];
      return blocks.reduce((sum, b) => sum + b + Math.ceil(b / (size === 4 ? 8 : 2)), 0);
    },
  },
);

/** A matrix of a few random rows, and lambda on its diagonal. */
function gram(dim: number, rows: number, lambda: number, seed: number): Float64Array {
  const random = lcg(seed);
  const a = Array.from({ length: rows }, () => Array.from({ length: dim }, (_, j) => (random() - 0.5) * 2 ** (j % 5)));
  return Float64Array.from({ length: dim * dim }, (_, at) => {
    const [i, j] = [Math.floor(at / dim), at % dim];
    return a.reduce((sum, row) => sum + row[i]! * row[j]!, i === j ? lambda : 0);
  });
}

const times = (d: number, a: Float64Array, b: Float64Array): Float64Array =>
  Float64Array.from({ length: d * d }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < d; ++k) sum += a[Math.floor(at / d) * d + k]! * b[k * d + (at % d)]!;
    return sum;
  });

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

test("eigenvalues, square roots and pseudo-inverses, also of singular matrices", () => {
  for (const [dim, rows, lambda] of [
    [1, 1, 0.5],
    [6, 20, 0],
    [12, 5, 0],
    [20, 8, 0.01],
    [40, 3, 2],
  ] as const) {
    const L = gram(dim, rows, lambda, dim);
    const largest = Math.max(...eigen(dim, L, false).values);
    const { root, inverse, least } = rootOf("test", dim, L, "full");
    expect(apart(times(dim, root, root), L)).toBeLessThan(1e-13 * largest);
    const projection = times(dim, root, inverse);
    expect(apart(times(dim, projection, L), L)).toBeLessThan(1e-9 * largest);
    if (rows >= dim || lambda > 0) {
      expect(least).toBeGreaterThan(0);
      expect(apart(projection, times(dim, inverse, root))).toBeLessThan(1e-9);
    } else {
      expect(least).toBe(0);
      expect(projection.filter((_, at) => at % (dim + 1) === 0).reduce((a, b) => a + b, 0)).toBeCloseTo(rows, 6);
    }
  }
  expect(rootOf("test", 3, Float64Array.of(4, 0, 9), "full").root).toEqual(Float64Array.of(2, 0, 3));
});

test("the diagonal majorant is above the matrix, and no smaller multiple of the diagonal is", () => {
  for (const seed of [1, 2, 3]) {
    const L = gram(15, 9, 0.1, seed);
    const D = majorant(15, L);
    const gap = L.map((value, at) => (at % 16 === 0 ? D[at / 16]! : 0) - value);
    const least = Math.min(...eigen(15, gap, false).values);
    expect(Math.abs(least)).toBeLessThan(1e-12 * Math.max(...D));
    const diagonal = new Form(15, L).diagonal;
    expect(Math.max(...D.map((value, i) => value / diagonal[i]!))).toBeCloseTo(D[0]! / diagonal[0]!, 10);
  }
});

test("importance sampling: the probabilities keep k entries and no others do better", () => {
  const weights = Float64Array.of(8, 4, 2, 1, 0.25, 0);
  const { p, rho } = bestProbabilities(weights, 2.5);
  expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(2.5, 12);
  weights.forEach((w, j) => {
    if (w > 0) expect((1 / p[j]! - 1) * w).toBeCloseTo(rho, 10);
    else expect(p[j]).toBe(0);
  });
  expect(bestProbabilities(weights, 5).rho).toBe(0);
  const L = gram(20, 10, 0.5, 4);
  const { ops } = new Bench("wasm", "f64", 20, "identity");
  const best = create(ops, "smooth:k=4", 20, L).smooth!;
  const uniform = create(ops, "smooth:of=(rand-k:k=4)", 20, L).smooth!;
  expect(best.scriptL).toBeLessThan(0.6 * uniform.scriptL);
  expect(uniform.scriptL).toBeLessThan(uniform.omega * new Form(20, L).largest(1, 1));
  expect(create(ops, "smooth:k=4,floor=0.5", 20, L).smooth!.omega).toBeLessThan(best.omega);
});

/** E|S(g) - g|^2 and |g|^2 in the norm of L^-1, both over many draws, for the worst of a few g. */
function measured(spec: string, dim: number, L: Float64Array): { ratio: number; bias: number; scriptL: number } {
  const { ops, x, acc, rng } = new Bench("wasm", "f64", dim, "identity");
  const codec = create(ops, spec, dim, L);
  const out = ops.bytes(codec.maxBytes);
  const payload = new Bytes(ops.arena, out.ptr, 0);
  const { root, values, vectors } = { ...rootOf("test", dim, L, "full"), ...eigen(dim, L, true) };
  const draws = 16_000;
  const top = values.indexOf(Math.max(...values));
  const units = Array.from({ length: dim }, (_, which) => (j: number) => (j === which ? 1 : 0));
  let [ratio, bias] = [0, 0];
  // g = L^1/2 y for unit vectors, a flat one and the largest eigenvector
  for (const y of [...units, () => 1 / Math.sqrt(dim), (j: number) => vectors![top * dim + j]!]) {
    for (let i = 0; i < dim; ++i) {
      x.view[i] = 0;
      for (let j = 0; j < dim; ++j) x.view[i]! += root[i * dim + j]! * y(j);
    }
    const mean = new Float64Array(dim);
    let error = 0;
    for (let draw = 0; draw < draws; ++draw) {
      payload.at(out.ptr, codec.encode(x, rng.at(draw, 0), out));
      ops.fill(0, acc);
      codec.addTo(payload, 1, acc);
      error += ops.distance2(acc, x) / draws;
      for (let i = 0; i < dim; ++i) mean[i]! += (acc.view[i]! - x.view[i]!) / draws;
    }
    ratio = Math.max(ratio, error);
    bias = Math.max(bias, Math.hypot(...mean) / Math.sqrt(error / draws + 1e-20));
  }
  return { ratio, bias, scriptL: codec.smooth!.scriptL };
}

test("scriptL bounds the error in the norm of L^-1, nearly attained by sparsifiers", () => {
  const dim = 10;
  const L = gram(dim, 14, 20, 7);
  for (const [spec, least] of [
    ["smooth:of=(rand-k:k=3)", 0.9],
    ["smooth:k=3", 0.9],
    ["smooth:k=2,floor=0.3", 0.9],
    ["smooth:of=(bernoulli:p=0.5)", 0.9],
    ["smooth:of=(natural)", 0.1],
    ["smooth:of=(random-dithering:s=2)", 0.1],
    ["smooth:of=(random-dithering:s=1,norm=max)", 0.1],
    ["smooth:of=(block:size=4,of=(random-dithering:s=1))", 0.1],
  ] as const) {
    const { ratio, bias, scriptL } = measured(spec, dim, L);
    expect(ratio / scriptL, spec).toBeLessThan(1.1);
    expect(ratio / scriptL, spec).toBeGreaterThan(least);
    expect(bias, spec).toBeLessThan(4.5); // standard deviations of the mean
  }
});

test("a message is read only with the matrix it was written with; its text names it", () => {
  const { ops } = new Bench("wasm", "f64", 8, "identity");
  const L = gram(8, 12, 1, 3);
  const { spec, setupBytes } = create(ops, "smooth:of=(rand-k:k=2)", 8, L);
  expect(spec).toMatch(/^smooth:matrix=full,of=\(rand-k:k=2\),key=\d+$/);
  expect(setupBytes).toBe(8 * 36);
  expect(create(ops, "smooth:matrix=diagonal,of=(rand-k:k=2)", 8, L).setupBytes).toBe(8 * 8);
  expect(create(ops, spec, 8, L.slice()).spec).toBe(spec);
  expect(() => create(ops, spec, 8, gram(8, 12, 1, 4))).toThrow(/smooth: key must be that of the matrix given/);
  expect(() => create(ops, "smooth:k=2", 8, smoothness(9))).toThrow("must have d = 8 or d^2 = 64 entries, got 81");
  const skew = L.slice();
  skew[1]! += 1;
  expect(() => create(ops, "smooth:k=2", 8, skew)).toThrow(
    "smooth: the matrix must be symmetric, entries (1, 0) and (0, 1)",
  );
  const indefinite = L.map((value, at) => (at % 9 === 0 ? value : 2 * value));
  expect(() => create(ops, "smooth:k=2", 8, indefinite)).toThrow("smooth: the matrix must be positive semidefinite");
  expect(() => create(ops, "smooth:of=(sign)", 8, L)).toThrow("smooth: `of` must be unbiased");
  expect(() => create(ops, "smooth:of=(natural),k=2", 8, L)).toThrow("smooth: give one of `of`");
  expect(() => create(ops, "smooth:k=9", 8, L)).toThrow("smooth: k must be in (0, 8] (d), got 9");
});

test("singular matrices: unbiased on their range, constants for that norm only", () => {
  const dim = 9;
  const L = gram(dim, 4, 0, 5);
  const { ops } = new Bench("wasm", "f64", dim, "identity");
  const codec = create(ops, "smooth:k=3", dim, L);
  expect(codec.omega).toBeUndefined();
  const { ratio, bias, scriptL } = measured("smooth:k=3", dim, L);
  expect(ratio / scriptL).toBeLessThan(1.1);
  expect(bias).toBeLessThan(4.5);
});
