/** What every compressor must do. One call a family in its test file; several for several option sets. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compressors } from "../../src/compressors/index.ts";
import { formatSpec } from "../../src/compressors/spec.ts";
import type { CompressorFactory } from "../../src/core/contracts.ts";
import { bytesOf, dtypes, inputs, lcg } from "../kernels/harness.ts";
import { Bench, create, type Floats, rounded, sameBits, sameValues } from "./bench.ts";
import { checkMoments, type Ratio } from "./moments.ts";

export interface Expectation {
  /** C(x) does not depend on the seed. */
  deterministic?: true;
  /** Several additions an entry, so that acc is only nearly acc + scale C(x). */
  composite?: true;
  /** C(2^j x) need not be 2^j C(x): thresholds and signs that know no scale. */
  homogeneous?: false;
  /** Exact payload length where it is known. */
  bytes?: (dim: number, elementBytes: number) => number;
  /** E|C(x) - x|^2 / |x|^2, exactly. */
  ratio?: Ratio;
  /** Input where the ratio is the stated constant. */
  extreme?: (dim: number) => number[];
  /** Set where every entry of C(x) is 0 or this multiple of x_i. */
  gain?: (dim: number) => number;
  samples?: number;
  /** No entry of C(x) is further than this times |x_i| from x_i. */
  jump?: number;
}

const dims = [...Array.from({ length: 71 }, (_, d) => d), 127, 128, 129, 1000, 2100];
const families: Record<string, (n: number, random: () => number) => number[]> = {
  ...inputs,
  deep: (n: number, r: () => number) => Array.from({ length: n }, () => (r() - 0.5) * 1e-310),
};
const OVERFLOW = /the norm must be at most/;

/** Options with `ratio`, never `k`, so that they fit every d; or a function of d. */
export function testCompressor<O extends object>(
  factory: CompressorFactory<O>,
  options: Partial<O> | ((dim: number) => Partial<O>),
  expected: Expectation,
): void {
  const text = (dim: number): string =>
    formatSpec(factory, { ...factory.defaults, ...(typeof options === "function" ? options(dim) : options) });
  describe(text(100), () => {
    test("registered, canonical text, consistent constants", () => testIdentity(factory, text(40), expected));
    for (const dtype of dtypes) {
      const bench = (dim: number): [Bench, Bench] => [
        new Bench("wasm", dtype, dim, text(dim)),
        new Bench("reference", dtype, dim, text(dim)),
      ];
      test(`${dtype}: every dimension and kind of input, both backends alike`, () => {
        for (const dim of dims) testRoundTrip(...bench(dim), expected);
      });
      test(`${dtype}: moments`, () => {
        const samples = expected.deterministic ? 1 : (expected.samples ?? 6000);
        for (const dim of [1, 20])
          checkMoments(dtype, new Bench("wasm", dtype, dim, text(dim)), { ...expected, samples });
      });
      test(`${dtype}: powers of two pass through, scales are linear`, () => {
        for (const dim of [7, 64, 1500]) testLinear(bench(dim)[0], expected);
      });
      test(`${dtype}: refuses what is not finite`, () => testNonFinite(bench(37)[0]));
      test(`${dtype}: cut, lengthened and damaged payloads`, () => testDamage(bench));
    }
  });
}

function testIdentity(factory: CompressorFactory, text: string, expected: Expectation): void {
  expect(compressors[factory.name]).toBe(factory);
  const { ops } = new Bench("wasm", "f64", 4, "identity");
  const first = create(ops, text, 40);
  const again = create(ops, first.spec, 40);
  expect(again.spec).toBe(first.spec);
  expect(again.constants).toEqual(first.constants);
  const { omega, delta, constants } = first;
  expect(constants.omega).toBe(omega);
  expect(constants.delta).toBe(delta);
  if (omega !== undefined) {
    expect(omega).toBeGreaterThanOrEqual(0);
    expect(constants).toMatchObject({ B1: [1, 1 + omega], B2: [1, 1 + omega], eta: 0, variance: omega });
  } else if (delta !== undefined) {
    expect(delta).toBeGreaterThan(0);
    expect(delta).toBeLessThanOrEqual(1);
    expect(constants.B3).toBeCloseTo(1 / delta, 12);
    const { eta, variance } = constants;
    if (eta !== undefined && variance !== undefined) expect(eta ** 2 + variance).toBeGreaterThan(1 - delta - 1e-12);
  }
  if (constants.absolute !== undefined) expect(constants.absolute).toBeGreaterThanOrEqual(0);
  expect(first.fixedBytes === true).toBe(expected.bytes !== undefined);
}

function testRoundTrip(wasm: Bench, reference: Bench, expected: Expectation): void {
  const { compressor, dtype } = wasm;
  const dim = compressor.dim;
  const random = lcg(dim + 1);
  for (const [family, make] of Object.entries(families)) {
    const x = rounded(dtype, make(dim, random));
    const where = `${compressor.spec} ${dtype} d=${dim} ${family}`;
    let payload: Uint8Array<ArrayBuffer>;
    try {
      payload = wasm.encode(x, dim);
    } catch (error) {
      expect(error, where).toBeInstanceOf(RangeError);
      expect((error as RangeError).message, where).toMatch(OVERFLOW);
      expect(() => reference.encode(x, dim), where).toThrow(OVERFLOW);
      continue;
    }
    expect(sameBits(reference.encode(x, dim), payload), `${where}: bytes of both backends`).toBe(true);
    expect(sameBits(wasm.encode(x, dim), payload), `${where}: bytes of one seed`).toBe(true);
    expect(payload.length, where).toBeLessThanOrEqual(compressor.maxBytes);
    if (compressor.fixedBytes) expect(payload.length, where).toBe(compressor.maxBytes);
    const wanted = expected.bytes?.(dim, bytesOf(dtype));
    if (wanted !== undefined) expect(payload.length, where).toBe(wanted);
    testDecode(wasm, reference, payload, where, expected);
    const plain = wasm.decode(payload);
    // multiples of the largest numbers may overflow, which is the caller's affair
    if (family !== "huge") expect(plain.every(Number.isFinite), `${where}: finite`).toBe(true);
    if (family === "zeros" && !compressor.constants.raw)
      expect(
        plain.every((v) => v === 0),
        `${where}: C(0) = 0`,
      ).toBe(true);
    if (family === "normal" && dim === 1000 && compressor.maxBytes > 0) {
      expect(different(wasm, x) > 1, `${where}: seeds`).toBe(expected.deterministic !== true);
    }
  }
}

function testDecode(wasm: Bench, reference: Bench, payload: Uint8Array, where: string, expected: Expectation): void {
  const random = lcg(payload.length + 1);
  const start = rounded(
    wasm.dtype,
    Array.from({ length: wasm.compressor.dim }, () => random() - 0.5),
  );
  const used = wasm.ops.arena.used;
  wasm.check(payload);
  const plain = wasm.decode(payload);
  expect(sameBits(reference.decode(payload), plain), `${where}: values of both backends`).toBe(true);
  const onto = wasm.decode(payload, 1, start, 1);
  expect(sameBits(reference.decode(payload, 1, start, 3), onto), `${where}: any alignment`).toBe(true);
  const sums = rounded(
    wasm.dtype,
    start.map((a, i) => a + plain[i]!),
  );
  if (!expected.composite) expect(sameValues(onto, sums), `${where}: acc + C(x)`).toBe(true);
  expect(wasm.ops.arena.used, where).toBe(used);
}

/** How many different payloads 40 seeds give. */
function different(bench: Bench, x: Float64Array): number {
  return new Set(Array.from({ length: 40 }, (_, seed) => bench.encode(x, seed).join())).size;
}

function testLinear(bench: Bench, expected: Expectation): void {
  const { compressor, dtype } = bench;
  const random = lcg(5);
  const epsilon = dtype === "f32" ? 2 ** -21 : 2 ** -50;
  for (const family of ["normal", "sparse", "powers", "equal"]) {
    const x = rounded(dtype, families[family]!(compressor.dim, random));
    const payload = bench.encode(x, 3);
    const plain = bench.decode(payload);
    for (const j of [-40, -1, 1, 20]) {
      const times = (v: number): number => v * 2 ** j + 0;
      expect(Array.from(bench.decode(payload, 2 ** j), (v) => v + 0)).toEqual(Array.from(plain, times));
      if (expected.homogeneous === false) continue;
      const scaled = bench.encode(x.map(times), 3);
      expect(scaled.length).toBe(payload.length);
      expect(Array.from(bench.decode(scaled), (v) => v + 0)).toEqual(Array.from(plain, times));
    }
    expect(Array.from(bench.decode(payload, -1), (v) => 0 - v)).toEqual(Array.from(plain, (v) => v + 0));
    const largest = Math.max(...plain.map(Math.abs));
    bench.decode(payload, 0.3).forEach((v, i) => {
      const size = expected.composite ? largest : Math.abs(plain[i]!);
      expect(Math.abs(v - 0.3 * plain[i]!)).toBeLessThanOrEqual(epsilon * size);
    });
  }
}

function testNonFinite(bench: Bench): void {
  const { compressor, rng, ops } = bench;
  const out = ops.bytes(compressor.maxBytes);
  const random = lcg(9);
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    for (const at of [0, 5, 36]) {
      bench.x.view.set(inputs.normal!(37, random));
      bench.x.view[at] = bad;
      if (at === 5) bench.x.view[30] = Number.NaN;
      const before = bench.x.view.slice();
      rng.at(at, 1);
      expect(() => compressor.encode(bench.x, rng, out)).toThrow(RangeError);
      expect(() => compressor.encode(bench.x, rng, out)).toThrow(`got ${bad} at index ${at}`);
      expect(sameBits(before, bench.x.view)).toBe(true);
      const next = rng.u32();
      expect(rng.at(at, 1).u32()).toBe(next);
    }
  }
}

function testDamage(bench: (dim: number) => [Bench, Bench]): void {
  for (const dim of [1, 45]) {
    const [wasm, reference] = bench(dim);
    const random = lcg(dim);
    const start = Array.from({ length: dim }, (_, i) => (i % 7 ? random() - 0.5 : -0));
    const same = (payload: Uint8Array): string | Floats => {
      const verdict = wasm.verdict(payload, start);
      const other = reference.verdict(payload, start);
      const alike =
        typeof verdict === "string" || typeof other === "string" ? verdict === other : sameBits(verdict, other);
      if (!alike) throw new Error(`verdicts differ: ${verdict} and ${other}`);
      return verdict;
    };
    const messages = ["normal", "sparse", "heavy", "zeros", "spike"].map((family) =>
      wasm.encode(rounded(wasm.dtype, families[family]!(dim, random)), dim),
    );
    for (const message of messages) {
      for (let length = 0; length < message.length; ++length) {
        expect(typeof same(message.slice(0, length)), `cut to ${length} of ${message.length}`).toBe("string");
      }
      for (const more of [[0], [1], [255, 0, 3]])
        expect(typeof same(Uint8Array.of(...message, ...more))).toBe("string");
    }
    if (dim === 1) continue;
    const edit = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.constantFrom("xor", "set", "head"));
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: -3, max: 3 }),
        (which, edits, grow) => {
          const message = messages[which % messages.length]!;
          const payload = new Uint8Array(Math.max(0, message.length + (Math.abs(grow) === 3 ? grow : 0)));
          payload.set(message.subarray(0, payload.length));
          for (const [position, value, how] of edits) {
            const at = how === "head" ? position % 12 : position;
            if (payload.length > 0)
              payload[at % payload.length] = how === "xor" ? payload[at % payload.length]! ^ value : value;
          }
          same(payload);
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
  }
}
