import { expect, test } from "vitest";
import { typed } from "../../bindings/kernels.ts";
import { BASE, bytesOf, dtypes, pair, vec } from "./harness.ts";
import { ACC, agree, OUT, prepare, RNG, sweep, within, within6 } from "./quantize.ts";

const p = pair();
const most = (values: number[]): number => Math.max(...values.map(Math.abs), 0) || 1;
const codesOf = (n: number, at: number): Uint16Array => new Uint16Array(p.wasm.memory.buffer, at, n);

test.each(dtypes)("ditherCodes, codesAdd and codesScatterAdd agree between backends (%s)", (dtype) => {
  sweep(p, dtype, (x, n, label, values) => {
    const codes = OUT + 2 * (n % 7);
    const s = [1, 2, 7, 127, 255, 32767][n % 6]!;
    const c = (s / most(values)) * [1, 1.5, 0.01][n % 3]!; // 1.5: clamped at s
    agree(p, dtype, `ditherCodes s=${s} ${label}`, (k) => k.ditherCodes(n, c, s, x, RNG, codes));
    agree(p, dtype, `codesAdd ${label}`, (k) => k.codesAdd(n, 1 / 3, codes, x));
    const indices = ACC;
    const order = Array.from({ length: n }, (_, i) => (i * 7 + 3) % Math.max(n, 1));
    for (const k of [p.wasm, p.reference]) new Uint32Array(k.memory.buffer, indices, n).set(order);
    agree(p, dtype, `codesScatterAdd ${label}`, (k) => k.codesScatterAdd(n, -2 / 3, codes, indices, x));
  });
});

test.each(dtypes)("overflowing and undefined products give level s in both backends (%s)", (dtype) => {
  const values = [1e30, -1e30, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 5, 1, -1, 3];
  const x = prepare(p, dtype, values, 1, 3);
  for (const c of [1e30, 1e300, Number.POSITIVE_INFINITY]) {
    agree(p, dtype, `c=${c}`, (k) => k.ditherCodes(values.length, c, 9, x, RNG, OUT));
    expect(codesOf(2, OUT)).toEqual(Uint16Array.of(18, 19));
  }
});

test.each(dtypes)("nothing outside the outputs is written (%s)", (dtype) => {
  const size = bytesOf(dtype);
  for (let n = 0; n <= 70; ++n) {
    const x = prepare(p, dtype, Array(n).fill(-1), 1, n);
    const k = typed(p.wasm, dtype);
    within(p.wasm, OUT + 2, 2 * n, () => expect(k.ditherCodes(n, 3, 5, x, RNG, OUT + 2)).toBe(n));
    within(p.wasm, ACC + size, n * size, () => k.codesAdd(n, 1, OUT + 2, ACC + size));
  }
});

test.each(dtypes)("integers never move, zero has code 0, the count is that of non-zero codes (%s)", (dtype) => {
  const k = typed(p.wasm, dtype);
  for (let n = 0; n <= 300; ++n) {
    const s = [1, 2, 3, 7, 20][n % 5]!;
    const values = Array.from({ length: n }, (_, i) => (i % 2 ? -1 : 1) * ((i * 11 + n) % (s + 1)));
    const x = prepare(p, dtype, values, n % 4, n);
    const expected = values.map((v) => 2 * Math.abs(v) + (v < 0 ? 1 : 0));
    expect(k.ditherCodes(n, 1, s, x, RNG, OUT)).toBe(expected.filter((c) => c > 0).length);
    expect([...codesOf(n, OUT)]).toEqual(expected);
    vec(p.wasm, dtype, n, ACC).fill(10);
    k.codesAdd(n, 0.5, OUT, ACC);
    expect([...vec(p.wasm, dtype, n, ACC)]).toEqual(values.map((v) => 10 + 0.5 * v));
  }
});

/** s = 1, 3, 7: fixed point in f32; 32767: by comparison. */
const grids = dtypes.flatMap((dtype) => [1, 3, 7, 32767].map((s) => [dtype, s] as const));

test.each(grids)("levels are unbiased with variance f (1 - f) (%s, s = %i)", (dtype, s) => {
  const n = 40_000;
  const k = typed(p.wasm, dtype);
  const at = BASE + 65536;
  p.wasm.rngSeed(RNG, 21, 0, 0, 0, 0, 0);
  // fractions exact in both types; f32 and f64 families of draws differ
  for (const y of [2 ** -10, 0.25, 0.5, 2.75, 6.984375, 100.5, 1000.125].filter((v) => v < s)) {
    vec(p.wasm, dtype, n, at).fill(-y);
    k.ditherCodes(n, 1, s, at, RNG, at + 8 * n);
    const codes = codesOf(n, at + 8 * n);
    let sum = 0;
    let squares = 0;
    for (const code of codes) {
      expect(code === 0 || (code & 1) === 1).toBe(true);
      sum += (code >> 1) - y;
      squares += ((code >> 1) - y) ** 2;
    }
    const f = y - Math.floor(y);
    const variance = f * (1 - f);
    within6(sum / n, 0, variance, n, `${dtype} mean at y=${y}`);
    // the squared error takes (1-f)^2 w.p. f and f^2 w.p. 1-f: its own variance is f (1-f) (1-2f)^2
    const spread = variance * (1 - 2 * f) ** 2;
    within6(squares / n, variance, Math.max(spread, 1e-20), n, `${dtype} variance at y=${y}`);
  }
});
