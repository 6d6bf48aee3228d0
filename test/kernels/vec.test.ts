import { describe, expect, test } from "vitest";
import type { Dtype, TypedKernels } from "../../bindings/kernels.ts";
import { BASE, both, bytes, bytesOf, dtypes, inputs, lcg, type Pair, pair, vec } from "./harness.ts";

const MAX = 300;
const ARENA = 16384; // x, y, out: 3 x (308 x 8 + guard)
const OFFSETS = [0, 1, 2, 3, 5];
const SCALARS = [1, -1.5, 0.1, 0, -0, 1e-3, -7e20, 3e-39];
const place = (dtype: Dtype, slot: number, offset: number) => BASE + slot * 4096 + 64 + offset * bytesOf(dtype);

/** A call of a kernel; the result, if any, is compared with Object.is. */
type Case = (k: TypedKernels, n: number, x: number, y: number, out: number, a: number, b: number) => unknown;
const cases: Record<string, Case> = {
  fill: (k, n, _x, _y, out, a) => k.fill(n, a, out),
  scale: (k, n, x, _y, _out, a) => k.scale(n, a, x),
  axpy: (k, n, x, y, _out, a) => k.axpy(n, a, x, y),
  sub: (k, n, x, y, out) => k.sub(n, x, y, out),
  "sub onto x": (k, n, x, y) => k.sub(n, x, y, x),
  "sub onto y": (k, n, x, y) => k.sub(n, x, y, y),
  combine: (k, n, x, y, out, a, b) => k.combine(n, a, x, b, y, out),
  "combine onto x": (k, n, x, y, _out, a, b) => k.combine(n, a, x, b, y, x),
  "combine onto y": (k, n, x, y, _out, a, b) => k.combine(n, a, x, b, y, y),
  sum: (k, n, x) => k.sum(n, x),
  dot: (k, n, x, y) => k.dot(n, x, y),
  norm1: (k, n, x) => k.norm1(n, x),
  squares: (k, n, x) => k.squares(n, x),
  norm2: (k, n, x) => k.norm2(n, x),
  normMax: (k, n, x) => k.normMax(n, x),
  distance2: (k, n, x, y) => k.distance2(n, x, y),
  firstNonFinite: (k, n, x) => k.firstNonFinite(n, x),
};

function prepare(p: Pair, dtype: Dtype, x: number, xs: number[], y: number, ys: number[]) {
  for (const k of [p.wasm, p.reference]) {
    bytes(k, ARENA, BASE).fill(0xa5);
    vec(k, dtype, xs.length, x).set(xs);
    vec(k, dtype, ys.length, y).set(ys);
  }
}

/** Whole arena, guards included. Payload bits of NaN are left open by both languages, so NaN equals NaN. */
function sameArena(p: Pair, dtype: Dtype): boolean {
  const [w, r] = [bytes(p.wasm, ARENA, BASE), bytes(p.reference, ARENA, BASE)];
  if (Buffer.compare(w, r) === 0) return true;
  const count = ARENA / bytesOf(dtype);
  const [v, s] = [vec(p.wasm, dtype, count, BASE), vec(p.reference, dtype, count, BASE)];
  return v.every((entry, i) => Object.is(entry, s[i]));
}

/** Runs every case on copies of (xs, ys) in both backends. */
function compare(p: Pair, dtype: Dtype, offset: number, xs: number[], ys: number[], note: string) {
  const n = xs.length;
  const [x, y, out] = [place(dtype, 0, offset), place(dtype, 1, (offset * 3) % 4), place(dtype, 2, offset % 3)];
  const [w, r] = both(p, dtype);
  const a = SCALARS[n % SCALARS.length]!;
  const b = SCALARS[(n + offset + 3) % SCALARS.length]!;
  for (const [name, run] of Object.entries(cases)) {
    prepare(p, dtype, x, xs, y, ys);
    const got = run(w, n, x, y, out, a, b);
    const want = run(r, n, x, y, out, a, b);
    if (!Object.is(got, want) || !sameArena(p, dtype)) {
      expect.fail(`${name}_${dtype} ${note} n=${n} offset=${offset} a=${a} b=${b}: wasm ${got}, reference ${want}`);
    }
  }
}

const families = Object.entries(inputs);

describe.each(dtypes)("%s", (dtype) => {
  test("every kernel equals the reference bit for bit, d = 0..300", () => {
    const p = pair(ARENA);
    const random = lcg(1);
    for (let n = 0; n <= MAX; ++n) {
      families.forEach(([name, make], f) => {
        const ys = families[(f + n) % families.length]![1](n, random);
        compare(p, dtype, OFFSETS[(n + f) % OFFSETS.length]!, make(n, random), ys, name);
      });
    }
  });

  test("and at every offset, with non-finite entries", () => {
    const p = pair(ARENA);
    const random = lcg(2);
    const bad = [Number.NaN, Infinity, -Infinity];
    for (const offset of OFFSETS) {
      for (const n of [1, 2, 3, 4, 7, 15, 16, 17, 31, 32, 64, 69, 255, 256, 257, 300]) {
        for (const at of new Set([0, 1 % n, n >> 1, n - 1])) {
          const xs = inputs["normal"]!(n, random);
          const ys = inputs["sparse"]!(n, random);
          compare(p, dtype, offset, xs, ys, "finite");
          xs[at] = bad[(n + at) % 3]!;
          compare(p, dtype, offset, xs, ys, `x[${at}]=${xs[at]}`);
          ys[(at + n) >> 1] = bad[(n + offset) % 3]!;
          compare(p, dtype, offset, xs, ys, "both");
        }
      }
    }
  });

  test("long vectors: many blocks", () => {
    const p = pair(1 << 20);
    const [w, r] = both(p, dtype);
    const random = lcg(3);
    for (const n of [1000, 4096, 40001]) {
      for (const [name, make] of families) {
        const xs = make(n, random);
        for (const k of [p.wasm, p.reference]) {
          vec(k, dtype, n, BASE).set(xs);
          vec(k, dtype, n, BASE + 400_000).set(xs.toReversed());
        }
        for (const kernel of ["sum", "norm1", "squares", "norm2", "normMax"] as const) {
          expect(w[kernel](n, BASE), `${kernel} ${name} ${n}`).toBe(r[kernel](n, BASE));
        }
        for (const kernel of ["dot", "distance2"] as const) {
          expect(w[kernel](n, BASE, BASE + 400_000), `${kernel} ${name}`).toBe(r[kernel](n, BASE, BASE + 400_000));
        }
      }
    }
  });

  test("axpyPacked takes values at any byte", () => {
    const p = pair(ARENA);
    const [w, r] = both(p, dtype);
    const random = lcg(4);
    for (let n = 0; n <= MAX; ++n) {
      const y = place(dtype, 1, n % 4);
      const ys = inputs["normal"]!(n, random);
      const xs = dtype === "f32" ? new Float32Array(n) : new Float64Array(n);
      xs.set(families[n % families.length]![1](n, random));
      if (n % 7 === 3) xs[n >> 1] = Number.NaN;
      const packed = place(dtype, 0, 0) + (n % 9);
      prepare(p, dtype, BASE, [], y, ys);
      for (const k of [p.wasm, p.reference]) bytes(k, xs.byteLength, packed).set(new Uint8Array(xs.buffer));
      const a = SCALARS[n % SCALARS.length]!;
      w.axpyPacked(n, a, packed, y);
      r.axpyPacked(n, a, packed, y);
      expect(sameArena(p, dtype), `n = ${n}`).toBe(true);
    }
  });
});

/** The reference against independent arithmetic: a fault shared by both backends must not pass. */
describe.each(dtypes)("contract, %s", (dtype) => {
  const p = pair(ARENA);
  const [k, reference] = both(p, dtype);
  const epsilon = dtype === "f32" ? 2 ** -24 : 2 ** -53;
  const put = (xs: number[], at = BASE) => {
    vec(p.wasm, dtype, xs.length, at).set(xs);
    return [...vec(p.wasm, dtype, xs.length, at)];
  };

  test("elementwise kernels compute what they say", () => {
    const xs = put(inputs["normal"]!(77, lcg(5)));
    const ys = put(inputs["normal"]!(77, lcg(6)), BASE + 4096);
    k.combine(77, 0.3, BASE, -2, BASE + 4096, BASE + 8192);
    k.axpy(77, 0.3, BASE, BASE + 4096);
    k.scale(77, -4, BASE);
    const [scaled, y, out] = [0, 4096, 8192].map((at) => vec(p.wasm, dtype, 77, BASE + at));
    for (let i = 0; i < 77; ++i) {
      expect(scaled![i]).toBe(-4 * xs[i]!);
      expect(Math.abs(y![i]! - (ys[i]! + 0.3 * xs[i]!))).toBeLessThan(8 * epsilon);
      expect(Math.abs(out![i]! - (0.3 * xs[i]! - 2 * ys[i]!))).toBeLessThan(16 * epsilon);
    }
    k.fill(77, 0.1, BASE);
    expect(vec(p.wasm, dtype, 1, BASE + 76 * bytesOf(dtype))[0]).toBe(dtype === "f32" ? Math.fround(0.1) : 0.1);
  });

  test("reductions are close to the exact sums", () => {
    const n = 300;
    const xs = put(inputs["normal"]!(n, lcg(7)));
    const ys = put(inputs["normal"]!(n, lcg(8)), BASE + 4096);
    const y = BASE + 4096;
    const close = (got: number, terms: number[]) => {
      const scale = terms.reduce((s, t) => s + Math.abs(t), 0);
      expect(Math.abs(got - terms.reduce((s, t) => s + t, 0)) / scale).toBeLessThan(40 * epsilon);
    };
    close(k.sum(n, BASE), xs);
    close(k.norm1(n, BASE), xs.map(Math.abs));
    close(
      k.squares(n, BASE),
      xs.map((v) => v * v),
    );
    close(
      k.dot(n, BASE, y),
      xs.map((v, i) => v * ys[i]!),
    );
    close(
      k.distance2(n, BASE, y),
      xs.map((v, i) => (v - ys[i]!) ** 2),
    );
    expect(k.normMax(n, BASE)).toBe(Math.max(...xs.map(Math.abs)));
  });

  test("norm2 over the whole exponent range", () => {
    const n = 200;
    const low = dtype === "f32" ? -149 : -1074;
    const high = dtype === "f32" ? 127 : 1019;
    const random = lcg(9);
    for (let e = low; e <= high; e += dtype === "f32" ? 3 : 17) {
      const xs = put(Array.from({ length: n }, () => (random() * 2 - 1) * 2 ** Math.min(e + 3, high)));
      vec(p.reference, dtype, n, BASE).set(xs);
      expect(k.norm2(n, BASE), `2^${e}`).toBe(reference.norm2(n, BASE));
      const relative = relativeNormError(k.norm2(n, BASE), xs);
      expect(relative, `2^${e}`).toBeLessThan(dtype === "f32" ? 1e-6 : 1e-14 + 2 ** (-1075 - e));
    }
    // a few entries near the threshold among many that vanish when squared
    const xs = put(Array.from({ length: n }, (_, i) => (i % 16 ? 1 : 4) * 2 ** (dtype === "f32" ? -76 : -540)));
    expect(relativeNormError(k.norm2(n, BASE), xs)).toBeLessThan(dtype === "f32" ? 1e-6 : 1e-14);
  });

  test("norms of zero, infinite and undefined vectors", () => {
    for (const n of [0, 1, 5, 64, 257]) {
      put(Array.from({ length: n }, (_, i) => (i % 2 ? 0 : -0)));
      for (const kernel of ["sum", "norm1", "squares", "norm2", "normMax"] as const)
        expect(k[kernel](n, BASE), kernel).toBe(0);
      expect(k.firstNonFinite(n, BASE)).toBe(-1);
    }
    for (const bad of [Infinity, -Infinity, Number.NaN]) {
      for (let at = 0; at < 70; ++at) {
        put(Array.from({ length: 70 }, (_, i) => (i === at ? bad : i)));
        expect(k.normMax(70, BASE)).toBe(Infinity);
        expect(Number.isFinite(k.norm2(70, BASE))).toBe(false);
        expect(Number.isFinite(k.norm1(70, BASE))).toBe(false);
        expect(k.firstNonFinite(70, BASE)).toBe(at);
        expect(k.firstNonFinite(at, BASE)).toBe(-1);
        vec(p.wasm, dtype, 70, BASE)[69] = Number.NaN;
        expect(k.firstNonFinite(70, BASE)).toBe(at);
      }
    }
  });

  test("norm2 of the largest finite entries", () => {
    const largest = dtype === "f32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
    put([largest, largest, largest, largest]);
    expect(k.norm2(4, BASE)).toBe(dtype === "f32" ? 2 * largest : Infinity);
    expect(k.norm2(1, BASE)).toBe(largest);
    expect(k.normMax(4, BASE)).toBe(largest);
  });
});

/** x in units of 2^-1074, exactly. */
function units(x: number): bigint {
  const bits = new BigUint64Array(new Float64Array([x]).buffer)[0]!;
  const exponent = (bits >> 52n) & 0x7ffn;
  const mantissa = bits & 0xfffffffffffffn;
  return exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
}

function relativeNormError(norm: number, xs: number[]): number {
  const exact = xs.reduce((s, x) => s + units(x) ** 2n, 0n);
  if (exact === 0n) return norm;
  const off = units(norm) ** 2n - exact;
  return Math.abs(Number((off * 10n ** 20n) / exact)) / 2e20;
}
