import { expect, test } from "vitest";
import { typed } from "../../bindings/kernels.ts";
import { BASE, bytes, bytesOf, dtypes, pair, vec } from "./harness.ts";
import { ACC, agree, OUT, prepare, RNG, sweep, within, within6 } from "./quantize.ts";

const p = pair();
const euclid = (values: number[]): number => {
  const most = Math.max(...values.map(Math.abs), 1e-300);
  return most * Math.sqrt(values.reduce((sum, v) => sum + (v / most) ** 2, 0)) || 1;
};

test.each(dtypes)("encoders and signAdd agree between backends (%s)", (dtype) => {
  sweep(p, dtype, (x, n, label, values) => {
    agree(p, dtype, `signEncode ${label}`, (k) => k.signEncode(n, x, OUT + (n % 5)));
    agree(p, dtype, `signAdd ${label}`, (k) => k.signAdd(n, 0.3, OUT + (n % 5), x));
    const norm = euclid(values);
    agree(p, dtype, `stochasticSign ${label}`, (k) => k.stochasticSignEncode(n, x, norm, RNG, OUT + (n % 3)));
    agree(p, dtype, `signAdd -1 ${label}`, (k) => k.signAdd(n, -1 / 3, OUT + (n % 3), x));
  });
});

test.each(dtypes)("nothing outside the outputs is written (%s)", (dtype) => {
  const size = bytesOf(dtype);
  for (let n = 0; n <= 70; ++n) {
    const x = prepare(p, dtype, Array(n).fill(-1), 1, n);
    const k = typed(p.wasm, dtype);
    within(p.wasm, OUT + 1, Math.ceil(n / 8), () => k.signEncode(n, x, OUT + 1));
    within(p.wasm, OUT + 1, Math.ceil(n / 8), () => k.stochasticSignEncode(n, x, 9, RNG, OUT + 1));
    within(p.wasm, ACC + size, n * size, () => k.signAdd(n, 1, OUT + 1, ACC + size));
  }
});

test.each(dtypes)("sign bits follow x < 0, spare bits are zero, the 1-norm is exact on integers (%s)", (dtype) => {
  const k = typed(p.wasm, dtype);
  for (let n = 0; n <= 300; ++n) {
    const values = Array.from({ length: n }, (_, i) => [3, -2, 0, -0, -7, 1, -1][(i * 5 + n) % 7]!);
    const x = prepare(p, dtype, values, n % 4, n);
    expect(k.signEncode(n, x, OUT)).toBe(values.reduce((sum, v) => sum + Math.abs(v), 0));
    const plane = bytes(p.wasm, Math.ceil(n / 8), OUT);
    for (let i = 0; i < 8 * plane.length; ++i) {
      expect((plane[i >> 3]! >> (i & 7)) & 1).toBe(i < n && values[i]! < 0 ? 1 : 0);
    }
  }
});

test.each(dtypes)("a non-finite entry anywhere makes the 1-norm non-finite (%s)", (dtype) => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (let at = 0; at < 37; ++at) {
      const values = Array.from({ length: 37 }, (_, i) => (i === at ? bad : i - 18));
      const x = prepare(p, dtype, values, 1, at);
      const norm = agree(p, dtype, `${bad} at ${at}`, (k) => k.signEncode(37, x, OUT));
      expect(Number.isFinite(norm as number)).toBe(false);
    }
  }
});

test.each(dtypes)("stochastic sign: certain at the norm, a fair coin at zero, unbiased between (%s)", (dtype) => {
  const n = 20_000;
  const k = typed(p.wasm, dtype);
  const at = BASE + 65536;
  p.wasm.rngSeed(RNG, 11, 0, 0, 0, 0, 0);
  for (const norm of [1, 2 ** -140, 2 ** 127]) {
    for (const share of [1, -1, 0, 0.3, -0.75]) {
      vec(p.wasm, dtype, n, at).fill(share * norm);
      k.stochasticSignEncode(n, at, norm, RNG, at + 8 * n);
      const plane = bytes(p.wasm, n / 8, at + 8 * n);
      let sum = 0;
      for (let i = 0; i < n; ++i) sum += (plane[i >> 3]! >> (i & 7)) & 1 ? -1 : 1;
      if (Math.abs(share) === 1) expect(sum).toBe(share * n);
      // a draw is +-1: mean x / norm, variance 1 - (x / norm)^2, so the mean fixes the variance
      else within6(sum / n, share, 1 - share * share, n, `${dtype} x/norm = ${share}, norm ${norm}`);
    }
  }
});

test("norms outside the range of f32 keep the probabilities", () => {
  const n = 20_000;
  const k = typed(p.wasm, "f32");
  const at = BASE + 65536;
  p.wasm.rngSeed(RNG, 12, 0, 0, 0, 0, 0);
  vec(p.wasm, "f32", n, at).fill(3e38);
  k.stochasticSignEncode(n, at, 6e38, RNG, at + 8 * n);
  const minus = bytes(p.wasm, n / 8, at + 8 * n).reduce((sum, b) => sum + b.toString(2).replaceAll("0", "").length, 0);
  within6(1 - (2 * minus) / n, 0.5, 0.75, n, "x/norm = 1/2");
});
