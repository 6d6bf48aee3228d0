import { describe, expect, test } from "vitest";
import { exp, log1p, logisticTerm } from "../../bindings/reference/logistic.ts";
import { both, bytesOf, dtypes, inputs, lcg, pair, vec } from "./harness.ts";
import { Layout } from "./layout.ts";

const normal = (n: number, r: () => number): number[] => inputs["normal"]!(n, r);

// --- exact values: fixed point with 256 fraction bits, from which a double's error is counted in ulp
const F = 256n;
const ONE = 1n << F;
const mul = (a: bigint, b: bigint): bigint => (a * b) >> F;

/** 2 atanh(s) */
function atanh2(s: bigint): bigint {
  const z = mul(s, s);
  let sum = 0n;
  let power = s;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power = mul(power, z);
  }
  return 2n * sum;
}
const LN2 = atanh2(ONE / 3n);

/** x = mantissa 2^exponent, exactly; the exponent is that of the last bit, so 2^exponent is an ulp. */
function split(x: number): [bigint, number] {
  const word = new BigUint64Array(Float64Array.of(x).buffer)[0]!;
  const field = Number((word >> 52n) & 2047n);
  const fraction = word & ((1n << 52n) - 1n);
  const mantissa = field ? fraction | (1n << 52n) : fraction;
  return [word >> 63n ? -mantissa : mantissa, Math.max(field, 1) - 1075];
}
const shift = (v: bigint, by: number): bigint => (by >= 0 ? v << BigInt(by) : v >> BigInt(-by));
const fixed = (x: number): bigint => shift(split(x)[0], split(x)[1] + Number(F));

/** exp(x) as [fixed-point factor in [0.7, 1.5), power of two]. */
function exactExp(x: number): [bigint, number] {
  const k = Math.round(x / Math.LN2);
  const r = fixed(x) - BigInt(k) * LN2;
  let sum = ONE;
  let term = ONE;
  for (let i = 1n; term !== 0n && term !== -1n; ++i) {
    term = mul(term, r) / i;
    sum += term;
  }
  return [sum, k];
}

/** |got - exact 2^power| in ulp of got. */
function ulps(got: number, exact: bigint, power: number): number {
  const [mantissa, exponent] = split(got);
  const error = (mantissa << 64n) - shift(exact, power - Number(F) - exponent + 64);
  return Math.abs(Number(error)) / 2 ** 64;
}

describe("exp and log1p", () => {
  test("exp is within 2 ulp on [-745, 709] (below 1 found)", () => {
    const r = lcg(9);
    let worst = 0;
    const points = [-745, -744.5, -708.4, -1e-300, -0, 0, 1e-20, 0.5 * Math.LN2, 709];
    for (let i = 0; i < 6000; ++i) points.push(i % 2 ? r() * 1454 - 745 : (r() - 0.5) * 4 ** (i % 5));
    for (const x of points) worst = Math.max(worst, ulps(exp(x), ...exactExp(x)));
    expect(worst).toBeLessThan(1.1);
    expect([exp(-746), exp(-1e9), exp(-Infinity), exp(0), exp(Number.NaN)]).toEqual([0, 0, 0, 1, Number.NaN]);
  });

  test("log1p is within 2 ulp on [0, 1] (below 1.4 found)", () => {
    const r = lcg(10);
    let worst = 0;
    const points = [1, 0.5, 0.41421356237309503, 0.41421356237309515, 2 ** -53, 1e-9];
    for (let i = 0; i < 3000; ++i) points.push(i % 2 ? r() : 2 ** (-60 * r() ** 2));
    for (const x of points) {
      const f = fixed(x);
      worst = Math.max(worst, ulps(log1p(x), atanh2((f << F) / (f + 2n * ONE)), 0));
    }
    expect(worst).toBeLessThan(1.5);
    expect([log1p(0), log1p(5e-324), log1p(Number.NaN)]).toEqual([0, 5e-324, Number.NaN]);
  });

  test("each term of the loss is within 1e-15", () => {
    const r = lcg(11);
    for (let i = 0; i < 3000; ++i) {
      const t = (r() - 0.5) * 2 * 10 ** (4 * r() - 1);
      const [e, k] = exactExp(-Math.abs(t));
      const got = logisticTerm(t);
      // where e < 2^-100, log1p(e) is e to far more than the precision asked for
      const tiny = k < -100;
      const small = tiny ? e : shift(e, k);
      const log = tiny ? small : atanh2((small << F) / (small + 2n * ONE));
      const power = tiny && t > 0 ? k : 0;
      if (t > 693) continue; // the term is below 2^-1000
      const exact = t > 0 ? log : fixed(-t) + (tiny ? 0n : log);
      const [mantissa] = split(got);
      expect(ulps(got, exact, power) / Number(mantissa)).toBeLessThan(1e-15);
    }
  });
});

describe.each(dtypes)("logistic, %s", (dtype) => {
  const edges = [
    0,
    -0,
    1e-320,
    20,
    -20,
    36.7,
    -36.8,
    700,
    -700,
    745.1,
    -745.2,
    800,
    -800,
    1e30,
    -1e30,
    Infinity,
    -Infinity,
  ];

  test("agrees with the reference for n = 0..70 and at the ends", () => {
    const p = pair();
    const r = lcg(12);
    const [w, ref] = both(p, dtype);
    for (let n = 0; n <= 70; ++n) {
      for (const scale of [1, 30, 1000]) {
        const layout = new Layout(p);
        const z = normal(n, r).map((v, i) => (scale === 1000 ? edges[(i + n) % edges.length]! : v * scale));
        const y = layout.floats(
          dtype,
          z.map(() => (r() < 0.5 ? -1 : 1)),
          n % 2,
        );
        const slopes = layout.floats(dtype, z, n % 3);
        const curvatures = layout.floats(dtype, z);
        expect(w.logisticLoss(n, y, slopes)).toBe(ref.logisticLoss(n, y, slopes));
        for (const k of [w, ref]) {
          k.logisticSlope(n, 1 / 3, y, slopes);
          k.logisticCurvature(n, 1 / 3, curvatures);
        }
        layout.same();
        layout.guarded(slopes, n * bytesOf(dtype));
      }
    }
  });

  test("slope and curvature are the derivatives, NaN stays NaN", () => {
    const p = pair();
    const layout = new Layout(p);
    const z = [-3, -0.5, 0, 0.25, 7, Number.NaN];
    const y = [1, -1, 1, 1, -1, 1];
    const labels = layout.floats(dtype, y);
    const slopes = layout.floats(dtype, z);
    const curvatures = layout.floats(dtype, z);
    const [w] = both(p, dtype);
    expect(w.logisticLoss(6, labels, slopes)).toBeNaN();
    w.logisticSlope(6, 2, labels, slopes);
    w.logisticCurvature(6, 2, curvatures);
    for (let i = 0; i < 5; ++i) {
      const sigma = (t: number) => 1 / (1 + Math.exp(-t));
      expect(vec(p.wasm, dtype, 6, slopes)[i]).toBeCloseTo(-2 * y[i]! * sigma(-y[i]! * z[i]!), 6);
      expect(vec(p.wasm, dtype, 6, curvatures)[i]).toBeCloseTo(2 * sigma(z[i]!) * sigma(-z[i]!), 6);
    }
    expect([vec(p.wasm, dtype, 6, slopes)[5], vec(p.wasm, dtype, 6, curvatures)[5]]).toEqual([Number.NaN, Number.NaN]);
  });
});
