/** The plain JS that the library is compared with does the same work. */
import { describe, expect, it } from "vitest";
import { naiveDither, naiveSign, naiveTopK } from "../../bench/naive.ts";
import { codeBuffer, ditherAdd, ditherEncode } from "../../bench/plain/dither.ts";
import { decodeIndices, encodeIndices } from "../../bench/plain/indices.ts";
import {
  naturalAdd32,
  naturalAdd64,
  naturalBuffer,
  naturalEncode32,
  naturalEncode64,
} from "../../bench/plain/natural.ts";
import { randKAdd, randKBuffer, randKEncode } from "../../bench/plain/rand-k.ts";
import { Stream } from "../../bench/plain/random.ts";
import { PLANE, signAdd, signBuffer, signEncode32, signEncode64 } from "../../bench/plain/sign.ts";
import { topKAdd, topKBuffer, topKEncode } from "../../bench/plain/top-k.ts";
import * as vec from "../../bench/plain/vec.ts";
import { type Dtype, typed } from "../../bindings/kernels.ts";
import { loadKernels } from "../../bindings/load.ts";
import { BASE, bytes, bytesOf, dtypes, inputs, lcg, vec as view } from "../kernels/harness.ts";

const LENGTHS = [1, 2, 7, 8, 9, 31, 32, 33, 100, 257, 1000];

function vector(dtype: Dtype, family: string, n: number, seed = n): vec.Floats {
  const values = inputs[family]!(n, lcg(seed));
  return dtype === "f32" ? new Float32Array(values) : new Float64Array(values);
}

const words = (x: vec.Floats): Int32Array => new Int32Array(x.buffer);
const zeros = (dtype: Dtype, n: number): vec.Floats => (dtype === "f32" ? new Float32Array(n) : new Float64Array(n));

/** The reference backend with x at BASE. */
function reference(dtype: Dtype, x: vec.Floats) {
  const kernels = loadKernels("reference");
  const at = BASE + Math.ceil((x.length * bytesOf(dtype)) / 16) * 16;
  kernels.grow(at + 64 * x.length + 65536);
  view(kernels, dtype, x.length, BASE).set(x);
  return { kernels, typed: typed(kernels, dtype), at };
}

describe.each(dtypes)("plain %s", (dtype) => {
  const eps = dtype === "f32" ? 2 ** -20 : 2 ** -45;

  it.each(LENGTHS)("vector kernels agree with the reference, n = %i", (n) => {
    const x = vector(dtype, "normal", n);
    const y = vector(dtype, "normal", n, n + 1);
    const { kernels, typed: t, at } = reference(dtype, x);
    view(kernels, dtype, n, at).set(y);
    const close = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThanOrEqual(eps * (1 + n));
    close(vec.sum(n, x), t.sum(n, BASE));
    close(vec.dot(n, x, y), t.dot(n, BASE, at));
    close(vec.norm1(n, x), t.norm1(n, BASE));
    close(vec.norm2(n, x), t.norm2(n, BASE));
    expect(vec.normMax(n, x)).toBe(t.normMax(n, BASE));
    vec.axpy(n, 0.5, x, y);
    t.axpy(n, 0.5, BASE, at);
    expect(Math.max(...view(kernels, dtype, n, at).map((v, i) => Math.abs(v - y[i]!)))).toBeLessThanOrEqual(eps);
    expect(vec.finite(n, x)).toBe(true);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      x[n - 1] = bad;
      expect(vec.finite(n, x)).toBe(false);
    }
  });

  it("gemv agrees with the reference", () => {
    const a = vector(dtype, "normal", 7 * 13);
    const x = vector(dtype, "normal", 13);
    const { kernels, typed: t, at } = reference(dtype, a);
    view(kernels, dtype, 13, at).set(x);
    t.gemv(7, 13, BASE, at, at + 256);
    const out = zeros(dtype, 7);
    vec.gemv(7, 13, a, x, out);
    for (const [i, v] of view(kernels, dtype, 7, at + 256).entries()) expect(out[i]).toBeCloseTo(v, 5);
  });

  it.each(Object.keys(inputs))("sign: the plane is the reference's, %s", (family) => {
    for (const n of LENGTHS) {
      const x = vector(dtype, family, n);
      const { kernels, typed: t, at } = reference(dtype, x);
      const norm = t.signEncode(n, BASE, at);
      const out = signBuffer(n);
      const encode = () =>
        dtype === "f32" ? signEncode32(n, x as Float32Array, words(x), out) : signEncode64(n, x as Float64Array, out);
      if (!Number.isFinite(norm)) continue; // f32 sums overflow, doubles do not
      expect(encode()).toBe(PLANE + Math.ceil(n / 8));
      expect(out.bytes.slice(PLANE, PLANE + Math.ceil(n / 8))).toEqual(bytes(kernels, Math.ceil(n / 8), at).slice());
      expect(Math.abs(out.scale[0]! - norm / n)).toBeLessThanOrEqual(2 * eps * (norm / n));
      const acc = zeros(dtype, n);
      signAdd(n, 2, out, acc);
      const scale = dtype === "f32" ? Math.fround(2 * out.scale[0]!) : 2 * out.scale[0]!;
      expect(Array.from(acc)).toEqual(Array.from(x, (v) => (v < 0 ? -scale : scale)));
    }
  });

  it.each(Object.keys(inputs))("top-k: the payload is the reference's, %s", (family) => {
    for (const n of [...LENGTHS, 20_000]) {
      const x = vector(dtype, family, n);
      const { kernels, typed: t, at } = reference(dtype, x);
      for (const k of new Set([1, Math.ceil(n / 100), Math.ceil(n / 3), n])) {
        const packed = at + 4 * n;
        t.topK(n, k, BASE, at, 0);
        const used = kernels.indicesEncode(n, k, at, packed);
        t.gather(k, 1, BASE, at, packed + used);
        const length = used + k * bytesOf(dtype);
        const out = topKBuffer(n, k);
        expect(topKEncode(n, k, x, dtype === "f32" ? words(x) : undefined, out)).toBe(length);
        expect(Buffer.compare(out.bytes.subarray(0, length), bytes(kernels, length, packed))).toBe(0);
        const kept = new Set(out.indices);
        const acc = zeros(dtype, n);
        topKAdd(n, k, 1, out, acc, dtype === "f32");
        expect(acc.every((v, i) => v === (kept.has(i) ? x[i] : 0))).toBe(true);
      }
    }
  });

  it("rand-k: k distinct entries, scaled", () => {
    const n = 1000;
    const x = vector(dtype, "normal", n);
    for (const k of [1, 10, 999, 1000]) {
      const out = randKBuffer(n, k, dtype);
      expect(randKEncode(n, k, x, new Stream(k), out)).toBe(4 + k * bytesOf(dtype));
      expect(new Set(out.indices).size).toBe(k);
      expect(out.taken.every((byte) => byte === 0)).toBe(true);
      const acc = zeros(dtype, n);
      randKAdd(n, k, k / n, out, acc);
      expect(acc.filter((v) => v !== 0).length).toBe(k);
      expect(acc.every((v, i) => v === 0 || Math.abs(v - x[i]!) <= eps * Math.abs(x[i]!))).toBe(true);
    }
  });

  it.each(["normal", "heavy", "sparse", "powers", "equal"])("dithering: adjacent levels, unbiased, %s", (family) => {
    const n = 997;
    const x = vector(dtype, family, n);
    const norm = vec.norm2(n, x);
    const out = codeBuffer(n);
    const rng = new Stream(5);
    const mean = new Float64Array(n);
    const repeats = 400;
    let farthest = 0;
    for (let r = 0; r < repeats; ++r) {
      ditherEncode(n, 7, x, words(x), rng, out, dtype === "f32" ? 1 : 2);
      const acc = new Float64Array(n);
      ditherAdd(n, 7, 1, out, acc);
      for (let i = 0; i < n; ++i) {
        farthest = Math.max(farthest, (Math.abs(acc[i]! - x[i]!) * 7) / norm);
        mean[i]! += acc[i]! / repeats;
      }
    }
    expect(farthest).toBeLessThan(1 + 1e-6);
    const error = Math.sqrt(mean.reduce((sum, m, i) => sum + (m - x[i]!) ** 2, 0));
    const deviation = (norm / 7) * Math.sqrt((0.25 * n) / repeats);
    expect(error).toBeLessThan(1.5 * deviation);
  });

  it.each(["normal", "heavy", "sparse", "powers", "subnormal", "huge"])("natural: adjacent powers, %s", (family) => {
    for (const n of LENGTHS) {
      const x = vector(dtype, family, n);
      const out = naturalBuffer(n, dtype);
      const rng = new Stream(n);
      if (dtype === "f32") naturalEncode32(n, words(x), rng, out);
      else naturalEncode64(n, words(x), rng, out);
      const acc = new Float64Array(n);
      if (dtype === "f32") naturalAdd32(n, 1, out, acc);
      else naturalAdd64(n, 1, out, acc);
      const least = dtype === "f32" ? 2 ** -126 : 2 ** -1022;
      for (let i = 0; i < n; ++i) {
        const ratio = Math.abs(acc[i]!) / Math.abs(x[i]!);
        if (Math.abs(x[i]!) < least) expect([0, least]).toContain(Math.abs(acc[i]!));
        else expect(ratio >= 0.5 && ratio <= 2).toBe(true);
        expect(Math.sign(acc[i]!) * Math.sign(x[i]!)).toBeGreaterThanOrEqual(0);
        if (family === "powers") expect(acc[i]).toBe(x[i]);
      }
    }
  });

  it("refuses entries that are not finite", () => {
    const x = vector(dtype, "normal", 100);
    x[37] = Number.NaN;
    const rng = new Stream(1);
    const single = dtype === "f32";
    const all: (() => unknown)[] = [
      () =>
        single
          ? signEncode32(100, x as Float32Array, words(x), signBuffer(100))
          : signEncode64(100, x as Float64Array, signBuffer(100)),
      () => topKEncode(100, 5, x, single ? words(x) : undefined, topKBuffer(100, 5)),
      () => randKEncode(100, 5, x, rng, randKBuffer(100, 5, dtype)),
      () => ditherEncode(100, 7, x, words(x), rng, codeBuffer(100), single ? 1 : 2),
      () => (single ? naturalEncode32 : naturalEncode64)(100, words(x), rng, naturalBuffer(100, dtype)),
    ];
    for (const encode of all) expect(encode).toThrow(RangeError);
  });
});

it("index sets: the reference's bytes in every form, and back", () => {
  const random = lcg(3);
  const kinds = new Set<number>();
  for (const n of [1, 2, 9, 64, 300, 4097]) {
    for (const share of [0, 0.001, 0.01, 0.1, 0.5, 0.97, 1]) {
      const set = Uint32Array.from({ length: n }, (_, i) => i).filter(() => random() < share);
      const k = set.length;
      const { kernels } = reference("f32", new Float32Array(1));
      kernels.grow(BASE + 8 * n + 65536);
      new Uint32Array(kernels.memory.buffer, BASE, k).set(set);
      const used = kernels.indicesEncode(n, k, BASE, BASE + 4 * n + 64);
      const out = new Uint8Array(4 * k + n + 64);
      expect(encodeIndices(n, k, set, new Uint32Array(k), out)).toBe(used);
      expect(out.slice(0, used)).toEqual(bytes(kernels, used, BASE + 4 * n + 64).slice());
      const back = new Uint32Array(k);
      expect(decodeIndices(n, k, out, back)).toBe(used);
      expect(back).toEqual(set);
      kinds.add(Math.min(out[0]!, 32));
    }
  }
  expect([...kinds].sort((a, b) => a - b)).toEqual([0, 1, 2, 32]);
});

it("naive ways do the same work", () => {
  const x = vector("f32", "normal", 500);
  const out = topKBuffer(500, 9);
  topKEncode(500, 9, x, words(x), out);
  expect(
    naiveTopK(x, 9)
      .map(({ index }) => index)
      .sort((a, b) => a - b),
  ).toEqual([...out.indices]);
  expect(naiveSign(x).scale).toBeCloseTo(vec.norm1(500, x) / 500, 5);
  expect(Math.max(...naiveDither(x, 7).levels.map(Math.abs))).toBeLessThanOrEqual(7);
});
