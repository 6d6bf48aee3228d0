/** What every problem must satisfy; one call a problem and setting. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { loadKernels } from "../../bindings/load.ts";
import { Ops } from "../../bindings/ops.ts";
import linalgBytes from "../../build/linalg.wasm";
import type { Dtype, Oracle, Problem, Vec } from "../../src/core/contracts.ts";
import type { Random } from "../../src/data/generators.ts";
import type { Data } from "../../src/data/matrix.ts";
import { oracleFrom, type ProblemContext } from "../../src/problems/index.ts";
import { lcg } from "../kernels/harness.ts";

export const host = (dtype: Dtype = "f64", backend: "wasm" | "reference" = "wasm"): Ops =>
  new Ops(loadKernels(backend, [linalgBytes]), dtype);

/** Not the library's generator, so that a fault there cannot hide. */
export function stream(seed: number): Random {
  const uniform = lcg(seed);
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (n) => Math.floor(uniform() * n),
  };
}

/** Consecutive rows in the given sizes. */
export function parts(sizes: readonly number[]): Uint32Array[] {
  let at = 0;
  return sizes.map((size) => Uint32Array.from({ length: size }, () => at++));
}

export const context = (data: Data, sizes: readonly number[]): ProblemContext => ({
  workers: sizes.length,
  random: stream(1),
  data,
  rows: parts(sizes),
});

export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
};
export const norm = (a: ArrayLike<number>): number => distance(a, new Float64Array(a.length));
export const normals = (n: number, seed: number): Float64Array => {
  const { normal } = stream(seed);
  return Float64Array.from({ length: n }, normal);
};

export function gradientOf(ops: Ops, oracle: Oracle, x: ArrayLike<number>): Float64Array {
  const g = ops.vec(oracle.dim);
  oracle.gradient(ops.from(x), g);
  return Float64Array.from(g.view);
}

/** The Hessian with its upper triangle filled in. */
export function hessianOf(ops: Ops, oracle: Oracle, x: ArrayLike<number>): Float64Array {
  const d = oracle.dim;
  const H = ops.vec(d * d);
  oracle.hessian!(ops.from(x), H);
  const out = Float64Array.from(H.view);
  for (let i = 0; i < d; ++i) for (let j = 0; j < i; ++j) out[j * d + i] = out[i * d + j]!;
  return out;
}

/** All eigenvalues, ascending, by cyclic Jacobi rotations: slow, and shares nothing with the library's way. */
export function jacobi(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  for (let sweep = 0; sweep < 60; ++sweep) {
    let off = 0;
    for (let p = 0; p < n; ++p) {
      for (let q = p + 1; q < n; ++q) {
        const value = a[p * n + q]!;
        off += value * value;
        if (value === 0) continue;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * value);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; ++k) {
          const [x, y] = [a[k * n + p]!, a[k * n + q]!];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; ++k) {
          const [x, y] = [a[p * n + k]!, a[q * n + k]!];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
        }
      }
    }
    if (off < 1e-300) break;
  }
  return Float64Array.from({ length: n }, (_, i) => a[i * n + i]!).sort();
}

/** Bytes of objects and of buffers that `count` calls leave behind, a call; the calls before let the engine settle. */
export function bytesPerCall(call: () => void, count: number): { objects: number; buffers: number } {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let i = 0; i < 200; ++i) call();
  gc();
  const before = process.memoryUsage();
  for (let i = 0; i < count; ++i) call();
  const after = process.memoryUsage();
  return {
    objects: (after.heapUsed - before.heapUsed) / count,
    buffers: after.arrayBuffers - before.arrayBuffers,
  };
}

interface Expected {
  /** Size of points that the tests are made at. */
  radius?: number;
  /** Tolerance of f32 against f64, relative. */
  single?: number;
}

export function testProblem(label: string, make: () => Problem, { radius = 1, single = 2e-5 }: Expected = {}): void {
  const problem = make();
  const { dim, workers } = problem;
  const ops = host();
  const whole = problem.oracle(ops, -1);
  const locals = Array.from({ length: workers }, (_, i) => problem.oracle(ops, i));
  const point = (seed: number) => normals(dim, seed).map((v) => radius * v);

  test(`${label}: gradients agree with differences of losses, Hessians with differences of gradients`, () => {
    for (const oracle of [whole, locals[0]!, locals.at(-1)!]) {
      const [x, u] = [point(2), normals(dim, 3)];
      const h = 1e-5 * radius;
      const at = (t: number) => x.map((v, i) => v + t * u[i]!);
      const g = gradientOf(ops, oracle, x);
      const slope = g.reduce((sum, v, i) => sum + v * u[i]!, 0);
      const measured = (oracle.loss(ops.from(at(h))) - oracle.loss(ops.from(at(-h)))) / (2 * h);
      expect(Math.abs(measured - slope)).toBeLessThan(
        1e-7 * (1 + norm(g) * norm(u) + Math.abs(oracle.loss(ops.from(x))) / radius),
      );
      if (!oracle.hessian) continue;
      const H = hessianOf(ops, oracle, x);
      const [up, down] = [gradientOf(ops, oracle, at(h)), gradientOf(ops, oracle, at(-h))];
      const product = u.map((_, i) => u.reduce((sum, v, j) => sum + H[i * dim + j]! * v, 0));
      expect(
        distance(
          product,
          up.map((v, i) => (v - down[i]!) / (2 * h)),
        ),
      ).toBeLessThan(1e-6 * (1 + norm(product) + norm(g)));
    }
  });

  test(`${label}: f is the mean of the workers' functions`, () => {
    const x = point(4);
    const mean = new Float64Array(dim);
    let loss = 0;
    for (const oracle of locals) {
      gradientOf(ops, oracle, x).forEach((v, i) => {
        mean[i]! += v / workers;
      });
      loss += oracle.loss(ops.from(x)) / workers;
    }
    const g = gradientOf(ops, whole, x);
    expect(distance(g, mean)).toBeLessThanOrEqual(
      1e-13 * (1 + norm(mean) + Math.max(...problem.smoothness().Li) * norm(x)),
    );
    expect(Math.abs(whole.loss(ops.from(x)) - loss)).toBeLessThanOrEqual(1e-13 * (1 + Math.abs(loss)));
  });

  test(`${label}: a cloned shard gives the same oracle in another host, on both backends, bit for bit`, () => {
    for (const dtype of ["f64", "f32"] as const) {
      const [a, b] = [host(dtype), host(dtype, "reference")];
      for (const worker of [-1, 0, workers - 1]) {
        const [p, q] = [problem.oracle(a, worker), oracleFrom(structuredClone(problem.shard(worker)), b)];
        const x = point(5);
        const g = gradientOf(a, p, x);
        expect(gradientOf(b, q, x)).toEqual(g);
        expect(q.loss(b.from(x))).toBe(p.loss(a.from(x)));
        if (p.hessian) expect(hessianOf(b, q, x)).toEqual(hessianOf(a, p, x));
        if (dtype === "f32") {
          const exact = gradientOf(ops, worker < 0 ? whole : locals[worker]!, x);
          expect(distance(g, exact)).toBeLessThan(single * (norm(exact) + 1));
        }
      }
    }
  });

  test(`${label}: rows average to the whole; rowSmoothness bounds each row`, () => {
    const oracle = locals[0]!;
    const { rowsGradient, rowSmoothness } = oracle;
    if (!rowsGradient || !rowSmoothness) return;
    const x = point(6);
    const full = gradientOf(ops, oracle, x);
    const all = Uint32Array.from({ length: oracle.rows }, (_, i) => oracle.rows - 1 - i);
    const [g, y, k] = [ops.vec(dim), point(7), ops.vec(dim)];
    oracle.rowsGradient!(ops.from(x), all, all.length, g);
    expect(distance(g.view, full)).toBeLessThan(1e-12 * (1 + norm(full)));
    const mean = new Float64Array(dim);
    for (const row of all) {
      oracle.rowsGradient!(ops.from(x), Uint32Array.of(row), 1, g);
      oracle.rowsGradient!(ops.from(y), Uint32Array.of(row), 1, k);
      g.view.forEach((v, i) => {
        mean[i]! += v / all.length;
      });
      const Lij = oracle.rowSmoothness!(row);
      expect(distance(g.view, k.view)).toBeLessThanOrEqual(Lij * distance(x, y) * (1 + 1e-12));
      expect(Lij).toBeLessThanOrEqual(problem.smoothness().Lhat! * (1 + 1e-14));
    }
    expect(distance(mean, full)).toBeLessThan(1e-12 * (1 + norm(full)));
  });

  test(`${label}: L, L_i and mu hold between random points`, () => {
    const { L, Li, mu } = problem.smoothness();
    expect(Li).toHaveLength(workers);
    expect(L).toBeLessThanOrEqual((Li.reduce((a, b) => a + b, 0) / workers) * (1 + 1e-12));
    for (let seed = 10; seed < 30; ++seed) {
      const [x, y] = [point(seed), point(seed + 100)];
      const gap = distance(x, y);
      locals.forEach((oracle, i) => {
        const moved = distance(gradientOf(ops, oracle, x), gradientOf(ops, oracle, y));
        expect(moved).toBeLessThanOrEqual(Li[i]! * gap * (1 + 1e-12));
      });
      const [g, k] = [gradientOf(ops, whole, x), gradientOf(ops, whole, y)];
      expect(distance(g, k)).toBeLessThanOrEqual(L * gap * (1 + 1e-12));
      const inner = g.reduce((sum, v, i) => sum + (v - k[i]!) * (x[i]! - y[i]!), 0);
      expect(inner).toBeGreaterThanOrEqual(mu * gap * gap * (1 - 1e-12));
    }
  });

  if (problem.least !== undefined) {
    test(`${label}: the lower bound is one, and there is no optimum`, () => {
      for (let seed = 40; seed < 60; ++seed) {
        expect(whole.loss(ops.from(point(seed)))).toBeGreaterThanOrEqual(problem.least!);
      }
      expect(() => problem.optimum()).toThrow(RangeError);
    });
  } else
    test(`${label}: the optimum is one to machine precision, and the same every time`, () => {
      const x = problem.optimum();
      const { L } = problem.smoothness();
      const zero = norm(gradientOf(ops, whole, new Float64Array(dim)));
      expect(norm(gradientOf(ops, whole, x))).toBeLessThanOrEqual(1e-14 * (L * norm(x) + zero));
      expect(make().optimum()).toEqual(x);
      const loss = whole.loss(ops.from(x));
      for (let seed = 40; seed < 45; ++seed) expect(whole.loss(ops.from(point(seed)))).toBeGreaterThanOrEqual(loss);
    });

  test(`${label}: gradients allocate nothing`, () => {
    const [x, g]: Vec[] = [ops.from(point(8)), ops.vec(dim)];
    const used = ops.arena.used;
    const oracle = locals[0]!;
    const rows = Uint32Array.of(0, 0, 1);
    for (const call of [() => oracle.gradient(x!, g!), () => oracle.rowsGradient?.(x!, rows, 3, g!)]) {
      // what is left are numbers that the engine boxes on the way to a kernel, 16 bytes each
      let { objects, buffers } = bytesPerCall(call, 2000);
      // the engine may replace code that it has optimised while it is measured: then once more
      for (let again = 0; again < 3 && objects >= 512; ++again) ({ objects, buffers } = bytesPerCall(call, 2000));
      expect(objects).toBeLessThan(512);
      expect(buffers).toBeLessThanOrEqual(0);
    }
    expect(ops.arena.used).toBe(used);
  });

  test(`${label}: wrong workers, readings, lengths and types are refused`, () => {
    expect(() => problem.oracle(ops, workers)).toThrow(RangeError);
    expect(() => problem.oracle(ops, -2)).toThrow(/worker must be/);
    expect(() => problem.smoothness("nonsense")).toThrow(/reading/);
    expect(() => whole.gradient(ops.vec(dim + 1), ops.vec(dim))).toThrow(RangeError);
    expect(() => whole.gradient(ops.vec(dim), host("f32").vec(dim))).toThrow(RangeError);
  });
}
