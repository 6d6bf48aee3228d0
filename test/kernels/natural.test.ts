import { expect, test } from "vitest";
import type { Dtype } from "../../bindings/kernels.ts";
import { typed } from "../../bindings/kernels.ts";
import { BASE, bytes, bytesOf, dtypes, lcg, pair, vec } from "./harness.ts";
import { ACC, agree, OUT, prepare, RNG, sweep, within, within6 } from "./quantize.ts";

const p = pair();
const planeBytes = (dtype: Dtype, n: number): number => n + (dtype === "f32" ? Math.ceil(n / 8) : Math.ceil(n / 2));
const most = (values: number[]): number => Math.max(...values.map(Math.abs), 0) || 1;
const levels = [1, 2, 3, 8, 20, 126, 127, 128, 149, 150, 151, 200, 1022, 1023, 1024, 1074, 1075, 1100, 32767];
const FAR = BASE + 65536;

/** The values in n encoded elements at OUT, through naturalAdd to zeros. */
function decoded(dtype: Dtype, n: number, from = OUT, to = ACC): Float32Array | Float64Array {
  const out = vec(p.wasm, dtype, n, to);
  out.fill(0);
  typed(p.wasm, dtype).naturalAdd(n, 1, from, to);
  return out;
}

test.each(dtypes)("naturalEncode, naturalValid and naturalAdd agree between backends (%s)", (dtype) => {
  sweep(p, dtype, (x, n, label) => {
    const packed = OUT + (n % 5);
    expect(agree(p, dtype, `encode ${label}`, (k) => k.naturalEncode(n, x, RNG, packed))).toBe(-1);
    expect(agree(p, dtype, `valid ${label}`, (k) => k.naturalValid(n, packed))).toBe(1);
    agree(p, dtype, `add ${label}`, (k) => k.naturalAdd(n, 1 / 3, packed, x));
    agree(p, dtype, `add -1 ${label}`, (k) => k.naturalAdd(n, -1, packed, ACC));
  });
});

test.each(dtypes)("natural dithering agrees between backends (%s)", (dtype) => {
  let turn = 0;
  sweep(p, dtype, (x, n, label, values) => {
    const s = levels[turn++ % levels.length]!;
    const codes = OUT + 2 * (n % 7);
    const c = [1, 1.5, 2 ** -30, 2 ** -140][n % 4]! / most(values);
    agree(p, dtype, `naturalDither s=${s} ${label}`, (k) => k.naturalDitherCodes(n, c, s, x, RNG, codes));
    agree(p, dtype, `naturalCodesAdd s=${s} ${label}`, (k) => k.naturalCodesAdd(n, 2 / 3, s, codes, x));
    for (const a of [-1e30, 1e-40, 2 ** 100 / 3]) {
      agree(p, dtype, `naturalCodesAdd s=${s} a=${a}`, (k) => k.naturalCodesAdd(n, a, s, codes, ACC));
    }
  });
});

test.each(dtypes)("every number of levels on magnitudes from the smallest subnormal to 1 (%s)", (dtype) => {
  const lowest = dtype === "f32" ? -149 : -1074;
  for (const s of levels) {
    const random = lcg(s);
    const values = Array.from({ length: 300 }, (_, i) => {
      const e = i % 3 === 0 ? 1 - s + (i % 7) - 3 : Math.floor(lowest * random());
      return (i % 2 ? -1 : 1) * 2 ** Math.max(e, lowest) * (i % 5 ? 1 + random() : 1);
    });
    const x = prepare(p, dtype, values, 1, s);
    agree(p, dtype, `naturalDither s=${s}`, (k) => k.naturalDitherCodes(300, 1, s, x, RNG, OUT));
    for (const a of [1, -3.3e38, 1.7e308, 5e-324, 2 ** -126 / 3]) {
      if (dtype === "f32" && Math.abs(a) > 3.4e38) continue;
      for (const k of [p.wasm, p.reference]) vec(k, dtype, 300, ACC).fill(-0);
      agree(p, dtype, `naturalCodesAdd s=${s} a=${a}`, (k) => k.naturalCodesAdd(300, a, s, OUT, ACC));
    }
  }
});

test.each(dtypes)("the first non-finite entry is reported wherever it stands (%s)", (dtype) => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (let at = 0; at < 37; ++at) {
      const values = Array.from({ length: 37 }, (_, i) => (i === at || i === 36 ? bad : i - 18));
      const x = prepare(p, dtype, values, 1, at);
      expect(agree(p, dtype, `${bad} at ${at}`, (k) => k.naturalEncode(37, x, RNG, OUT))).toBe(at);
    }
  }
});

test.each(dtypes)("nothing outside the outputs is written (%s)", (dtype) => {
  const size = bytesOf(dtype);
  for (let n = 0; n <= 70; ++n) {
    const x = prepare(p, dtype, Array(n).fill(-3), 1, n);
    const k = typed(p.wasm, dtype);
    within(p.wasm, OUT + 1, planeBytes(dtype, n), () => k.naturalEncode(n, x, RNG, OUT + 1));
    within(p.wasm, ACC + size, n * size, () => k.naturalAdd(n, 1, OUT + 1, ACC + size));
    within(p.wasm, OUT + 2, 2 * n, () => k.naturalDitherCodes(n, 0.1, 5, x, RNG, OUT + 2));
    within(p.wasm, ACC + size, n * size, () => k.naturalCodesAdd(n, 1, 5, OUT + 2, ACC + size));
    within(p.wasm, ACC + size, n * size, () => k.naturalCodesAdd(n, 1, 2000, OUT + 2, ACC + size));
  }
});

test.each(dtypes)("powers of two, zeros and the largest number are certain (%s)", (dtype) => {
  const [low, high, largest] = dtype === "f32" ? [-126, 127, 3.4028234663852886e38] : [-1022, 1023, Number.MAX_VALUE];
  const k = typed(p.wasm, dtype);
  for (let start = low; start <= high; start += 64) {
    const values = Array.from({ length: 64 }, (_, i) => (i % 2 ? -1 : 1) * 2 ** Math.min(start + i, high));
    const x = prepare(p, dtype, values, 1, 3);
    expect(k.naturalEncode(64, x, RNG, OUT)).toBe(-1);
    expect([...decoded(dtype, 64)]).toEqual(values);
  }
  const x = prepare(p, dtype, [0, -0, largest, -largest, largest, 0], 1, 4);
  expect(k.naturalEncode(6, x, RNG, OUT)).toBe(-1);
  expect([...decoded(dtype, 6)]).toEqual([0, 0, 2 ** high, -(2 ** high), 2 ** high, 0]);
  expect(k.naturalValid(6, OUT)).toBe(1);
});

test.each(dtypes)("validation refuses infinite exponents, signed zeros and spare bits (%s)", (dtype) => {
  // up to 67 every length; then cells in the middle of the blocks of 64 that are looked at together
  for (const n of [...Array.from({ length: 67 }, (_, i) => i + 1), 128, 150, 201]) {
    const x = prepare(p, dtype, Array(n).fill(-3), 1, n);
    for (const k of [p.wasm, p.reference]) typed(k, dtype).naturalEncode(n, x, RNG, OUT);
    const at = ((n * n) % 61) % n;
    const cells = Array.from({ length: planeBytes(dtype, n) }, (_, i) => i);
    for (const value of [0, 255]) {
      for (const cell of new Set([at, n - 1, cells.at(-1)!, Math.ceil(n / 8) + at, Math.ceil(n / 8) - 1])) {
        const saved = bytes(p.wasm, 1, OUT + cell)[0]!;
        for (const k of [p.wasm, p.reference]) bytes(k, 1, OUT + cell)[0] = value;
        agree(p, dtype, `n=${n} byte ${cell} = ${value}`, (k) => k.naturalValid(n, OUT));
        for (const k of [p.wasm, p.reference]) bytes(k, 1, OUT + cell)[0] = saved;
      }
    }
    const k = typed(p.wasm, dtype);
    expect(k.naturalValid(n, OUT)).toBe(1);
    const poke = (offset: number, change: (b: number) => number): number => {
      const cell = bytes(p.wasm, 1, OUT + offset);
      const saved = cell[0]!;
      cell[0] = change(saved);
      const valid = k.naturalValid(n, OUT);
      cell[0] = saved;
      return valid;
    };
    if (dtype === "f32") {
      const plane = Math.ceil(n / 8);
      for (const i of [0, at, n - 1]) {
        expect(poke(plane + i, () => 255)).toBe(0);
        expect(poke(plane + i, () => 0)).toBe(0); // all are negative
      }
      if (n % 8) expect(poke(plane - 1, (b) => b | 128)).toBe(0);
    } else {
      if (n % 2) expect(poke(n + (n >> 1), (b) => b | 16)).toBe(0);
      for (const i of [0, at, n - 1]) {
        const nibble = 4 * (i & 1);
        const low = bytes(p.wasm, 1, OUT + i);
        const saved = low[0]!;
        low[0] = 255;
        expect(poke(n + (i >> 1), (b) => b | (7 << nibble))).toBe(0);
        low[0] = 0;
        expect(poke(n + (i >> 1), (b) => (b & ~(15 << nibble)) | (8 << nibble))).toBe(0);
        expect(poke(n + (i >> 1), (b) => b & ~(15 << nibble))).toBe(1);
        low[0] = saved;
      }
    }
  }
});

test.each(dtypes)("natural compression is unbiased with the stated variance, subnormals included (%s)", (dtype) => {
  const n = 40_000;
  const k = typed(p.wasm, dtype);
  const small = dtype === "f32" ? 2 ** -126 : 2 ** -1022;
  p.wasm.rngSeed(RNG, 31, 0, 0, 0, 0, 0);
  for (const unit of [1, 2 ** 100, small]) {
    for (const v of [1.5, 4 / 3, 1.0625, 1.9375, 0.25, 0.75]) {
      vec(p.wasm, dtype, n, FAR).fill(-v * unit);
      const x = -vec(p.wasm, dtype, 1, FAR)[0]! / unit;
      k.naturalEncode(n, FAR, RNG, FAR + 8 * n);
      const out = decoded(dtype, n, FAR + 8 * n, FAR);
      // between lo and hi the variance is (hi - x)(x - lo); below the smallest normal number lo is 0
      const lo = unit === small && x < 1 ? 0 : 2 ** Math.floor(Math.log2(x));
      const hi = lo === 0 ? 1 : 2 * lo;
      const mean = [...out].reduce((sum, y) => sum - y / unit, 0) / n;
      const outcomes = new Set([...out].map((y) => -y / unit || 0));
      expect([...outcomes].every((y) => y === lo || y === hi)).toBe(true); // two outcomes: the mean fixes the variance
      within6(mean, x, (hi - x) * (x - lo), n, `${dtype} x=${x} unit=${unit}`);
    }
  }
});

test.each(dtypes)("natural dithering is unbiased, also in the bottom interval (%s)", (dtype) => {
  const n = 40_000;
  const k = typed(p.wasm, dtype);
  p.wasm.rngSeed(RNG, 41, 0, 0, 0, 0, 0);
  for (const s of [1, 2, 3, 8, 20, 126, 140]) {
    const bottom = 2 ** (1 - s);
    for (const y of [0.75 * bottom, 0.125 * bottom, Math.min(1.25 * bottom, 0.9375), 0.6875, 1, bottom, 0]) {
      vec(p.wasm, dtype, n, FAR).fill(-y);
      k.naturalDitherCodes(n, 1, s, FAR, RNG, FAR + 8 * n);
      const codes = new Uint16Array(p.wasm.memory.buffer, FAR + 8 * n, n);
      const e = Math.floor(Math.log2(y));
      const lo = y < bottom ? 0 : 2 ** e;
      const hi = y < bottom ? bottom : 2 ** (e + 1);
      let sum = 0;
      for (const code of codes) {
        const value = code >> 1 ? 2 ** ((code >> 1) - s) : 0;
        if (value !== lo && value !== hi) expect.fail(`y=${y} s=${s} gave ${value}`);
        if ((code & 1) !== (code ? 1 : 0)) expect.fail(`code ${code} of a negative number`);
        sum += value / bottom;
      }
      const variance = ((hi - y) / bottom) * ((y - lo) / bottom);
      within6(sum / n, y / bottom, variance, n, `${dtype} s=${s} y=${y}`);
    }
  }
});
