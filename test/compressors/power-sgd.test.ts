import { expect, test } from "vitest";
import { powerSgd } from "../../src/compressors/power-sgd.ts";
import { ef } from "../../src/methods/ef.ts";
import { loadSync } from "../../src/sync.ts";
import { dtypes, inputs, lcg } from "../kernels/harness.ts";
import { quadratic } from "../methods/problems.ts";
import { build, distance2 } from "../run/harness.ts";
import { Bench, rounded, sameBits } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { orthonormal, shapeOf } from "./spectrum.ts";

const elements = (rank: number) => (d: number, size: number) => {
  const [m, n] = shapeOf(d);
  return d === 0 ? 0 : size * Math.min(rank, m) * (m + n);
};
for (const rank of [1, 2]) testCompressor(powerSgd, { rank }, { bytes: elements(rank), samples: 8000 });

const squares = (x: ArrayLike<number>): number => Array.from(x).reduce((sum, v) => sum + v * v, 0);
const off = (a: ArrayLike<number>, b: ArrayLike<number>): number => squares(Array.from(a, (v, i) => v - b[i]!));

test("equal singular values attain delta", () => {
  const bench = new Bench("wasm", "f64", 20, "power-sgd:rank=1");
  const x = orthonormal(20);
  for (let seed = 0; seed < 20; ++seed) expect(off(bench.decode(bench.encode(x, seed)), x) / 4).toBeCloseTo(0.75, 12);
});

test("warm or fresh, the error never exceeds |M|, and is |M|^2 - |P^T M|^2", () => {
  for (const dtype of dtypes) {
    for (const start of ["warm", "fresh"]) {
      for (const rank of [1, 3]) {
        const bench = new Bench("wasm", dtype, 60, `power-sgd:rank=${rank},start=${start}`);
        const random = lcg(rank);
        for (let t = 0; t < 60; ++t) {
          for (const family of ["normal", "heavy", "sparse", "spike", "zeros", "equal", "powers"]) {
            const x = rounded(dtype, inputs[family]!(60, random));
            const c = bench.decode(bench.encode(x, t));
            const slack = (dtype === "f32" ? 1e-6 : 1e-13) * squares(x);
            expect(off(c, x)).toBeLessThanOrEqual(squares(x) + slack);
            expect(Math.abs(off(c, x) - squares(x) + squares(c))).toBeLessThanOrEqual(4 * slack);
          }
        }
      }
    }
  }
});

test("a warm start turns to the best rank-1 matrix, alike on both backends; zeros do not stop it", () => {
  const spec = "power-sgd:rows=8,rank=1,start=warm";
  const [wasm, reference] = [new Bench("wasm", "f64", 64, spec), new Bench("reference", "f64", 64, spec)];
  expect(wasm.compressor.constants).toEqual({});
  const x = Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? (i === 0 ? 2 : 1) : 0));
  let error = Infinity;
  for (let t = 0; t < 40; ++t) {
    const payload = wasm.encode(x, t);
    expect(sameBits(reference.encode(x, t), payload)).toBe(true);
    const next = off(wasm.decode(payload), x);
    expect(next).toBeLessThanOrEqual(error + 1e-12);
    error = next;
    if (t === 20) {
      const zeros = new Float64Array(64);
      expect(squares(wasm.decode(wasm.encode(zeros, 3)))).toBe(0);
      reference.encode(zeros, 3);
    }
  }
  expect(error).toBeCloseTo(7, 10);
  // a matrix that is orthogonal to the state: one message of zeros, then a fresh column
  const other = Array.from({ length: 64 }, (_, i) => (i === 9 ? 1 : 0));
  expect(off(wasm.decode(wasm.encode(other, 50)), other)).toBeLessThanOrEqual(1);
  expect(off(wasm.decode(wasm.encode(other, 51)), other)).toBeLessThan(1e-12);
});

test("error feedback sends all of a constant vector in time", () => {
  const tw = loadSync();
  for (const start of ["warm", "fresh"]) {
    const ef = tw.errorFeedback(tw.codec(`power-sgd:rank=1,start=${start}`, 100, { dtype: "f64" }));
    const v = Float64Array.from(inputs.normal!(100, lcg(7)));
    const sum = new Float64Array(100);
    for (let t = 0; t < 400; ++t) ef.addTo(ef.encode(v), 1 / 400, sum);
    expect(Math.sqrt(off(sum, v) / squares(v))).toBeLessThan(0.05);
  }
});

test("the method ef converges with it, warm or fresh", async () => {
  const problem = quadratic(3, 16, { heterogeneity: 0 });
  for (const start of ["warm", "fresh"]) {
    const slots = { gradient: `power-sgd:rank=1,start=${start}` };
    const run = build({ method: ef, problem, slots, options: { gamma: 0.02 } });
    const optimum = problem.optimum();
    const first = distance2(await run.x(), optimum);
    await run.play(1500);
    expect(distance2(await run.x(), optimum)).toBeLessThan(1e-16 * first);
  }
});

test("memory: only start=warm has one, and composites pass it on", () => {
  const stateful = (spec: string) => new Bench("wasm", "f64", 60, spec).compressor.stateful === true;
  expect(stateful("power-sgd")).toBe(false);
  expect(stateful("power-sgd:start=warm")).toBe(true);
  expect(stateful("block:size=20,of=(power-sgd)")).toBe(false);
  expect(stateful("residual:first=(top-k:k=3),second=(power-sgd)")).toBe(false);
  expect(stateful("block:size=20,of=(scaled:of=(power-sgd:start=warm),by=0.5)")).toBe(true);
  // pieces of one shape do not start from each other's Q: each is compressed as if it were alone
  const one = new Bench("wasm", "f64", 36, "power-sgd:rank=1,start=warm");
  const random = lcg(5);
  const pieces = [0, 1].map(() => rounded("f64", inputs.normal!(36, random)));
  for (const spec of [
    "block:size=36,of=(power-sgd:rank=1,start=warm)",
    "layers:sizes=36+36,of=(power-sgd:rank=1,start=warm)",
  ]) {
    const both = new Bench("wasm", "f64", 72, spec);
    const x = Float64Array.from([...pieces[0]!, ...pieces[1]!]);
    for (let t = 0; t < 60; ++t) both.encode(x, t);
    const c = both.decode(both.encode(x, 60));
    for (let t = 0; t < 60; ++t) one.encode(pieces[1]!, t);
    const alone = one.decode(one.encode(pieces[1]!, 60));
    expect(off(c.slice(36), alone)).toBeLessThan(1e-6 * squares(alone)); // both at the best rank-1 matrix
  }
});
