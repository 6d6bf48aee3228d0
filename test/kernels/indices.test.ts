import fc from "fast-check";
import { expect, test } from "vitest";
import type { Kernels } from "../../bindings/kernels.ts";
import { BASE, bytes, lcg, pair } from "./harness.ts";

const p = pair(1 << 20);
const backends = [p.wasm, p.reference];
const IN = BASE + 4;
const PACKED = BASE + 131072;
const OUT = BASE + 262144;
const GUARD = 0x3c;

const u32 = (k: Kernels, n: number, at: number) => new Uint32Array(k.memory.buffer, at, n);

/** Decodes in both backends between guards; the common verdict and, if valid, the indices. */
function decode(n: number, k: number, payload: Uint8Array): { used: number; set: number[] } {
  const results = backends.map((b) => {
    bytes(b, payload.length + 128, PACKED - 64).fill(GUARD);
    bytes(b, payload.length, PACKED).set(payload);
    bytes(b, 4 * k + 128, OUT - 64).fill(GUARD);
    const used = b.indicesDecode(n, k, PACKED, payload.length, OUT);
    expect(bytes(b, 64, OUT - 64).every((v) => v === GUARD)).toBe(true);
    expect(bytes(b, 64, OUT + 4 * k).every((v) => v === GUARD)).toBe(true);
    return { used, set: used < 0 ? [] : Array.from(u32(b, k, OUT)) };
  });
  expect(results[0]).toEqual(results[1]);
  const { used, set } = results[0]!;
  expect(used).toBeLessThanOrEqual(payload.length);
  expect(set.every((v, i) => v < n && (i === 0 || v > set[i - 1]!))).toBe(true);
  return results[0]!;
}

/** Encodes in both backends between guards. */
function encode(n: number, set: readonly number[]): Uint8Array {
  const k = set.length;
  const outputs = backends.map((b) => {
    u32(b, k, IN).set(set);
    const bound = b.indicesMaxBytes(n, k);
    bytes(b, bound + 128, PACKED - 64).fill(GUARD);
    const length = b.indicesEncode(n, k, IN, PACKED);
    expect(length, `n=${n} k=${k}`).toBeLessThanOrEqual(bound);
    expect(bytes(b, 64, PACKED - 64).every((v) => v === GUARD)).toBe(true);
    expect(bytes(b, 64, PACKED + length).every((v) => v === GUARD)).toBe(true);
    return Uint8Array.from(bytes(b, length, PACKED));
  });
  expect(Buffer.compare(outputs[0]!, outputs[1]!), `n=${n} set ${set}`).toBe(0);
  expect(p.wasm.indicesMaxBytes(n, k)).toBe(p.reference.indicesMaxBytes(n, k));
  return outputs[0]!;
}

const kindOf = (payload: Uint8Array): string =>
  ["trivial", "list", "bitmap"][payload[0]!] ?? (payload[0]! >= 32 ? "rice" : "?");

const setBelow = (limit: number) =>
  fc.integer({ min: 1, max: limit }).chain((n) =>
    fc.tuple(
      fc.constant(n),
      fc
        .uniqueArray(fc.integer({ min: 0, max: n - 1 }), { maxLength: Math.min(n, 300), size: "max" })
        .map((a) => a.sort((x, y) => x - y)),
    ),
  );

test("round trip: all k of small n, guards, truncation, one byte more available", () => {
  const random = lcg(1);
  const kinds = new Set<string>();
  for (let n = 1; n <= 300; n += n < 40 ? 1 : 19) {
    for (let k = 0; k <= n; k += n < 20 ? 1 : 7) {
      const all = Array.from({ length: n }, (_, i) => i);
      const sets = [
        all.slice(0, k),
        all.slice(n - k),
        all.sort(() => random() - 0.5).slice(0, k),
        Array.from({ length: k }, (_, i) => Math.floor((i * n) / k)),
      ];
      for (const set of sets.map((s) => [...s].sort((a, b) => a - b))) {
        const payload = encode(n, set);
        kinds.add(kindOf(payload));
        if (k === 0 || k === n) expect(payload).toEqual(Uint8Array.of(0));
        expect(decode(n, k, payload)).toEqual({ used: payload.length, set });
        expect(decode(n, k, Uint8Array.of(...payload, 255))).toEqual({ used: payload.length, set });
        expect(decode(n, k, payload.subarray(0, payload.length - 1)).used).toBe(-1);
        expect(decode(n, k, payload.subarray(0, payload.length >> 1)).used).toBe(-1);
      }
    }
  }
  expect([...kinds].sort()).toEqual(["bitmap", "list", "rice", "trivial"]);
});

test("round trip: n up to 2^32 - 1, clustered and spread sets", () => {
  for (const limit of [1000, 1 << 20, 0xffffffff]) {
    fc.assert(
      fc.property(setBelow(limit), ([n, set]) => {
        const payload = encode(n, set);
        expect(decode(n, set.length, payload)).toEqual({ used: payload.length, set });
      }),
      { numRuns: 300 },
    );
  }
  const n = 0xffffffff;
  for (const set of [
    [0],
    [n - 1],
    [0, n - 1],
    [n - 3, n - 2, n - 1],
    Array.from({ length: 1000 }, (_, i) => n - 1000 + i),
    Array.from({ length: 1000 }, (_, i) => (i < 999 ? i : n - 1)),
  ]) {
    const payload = encode(n, set);
    expect(decode(n, set.length, payload)).toEqual({ used: payload.length, set });
  }
});

test("never longer than a list, a bitmap, or the Rice code of any parameter near the mean gap", () => {
  fc.assert(
    fc.property(setBelow(5000), ([n, set]) => {
      const k = set.length;
      if (k === 0 || k === n) return;
      const length = encode(n, set).length - 1;
      expect(length).toBeLessThanOrEqual(Math.ceil((k * (32 - Math.clz32(n - 1))) / 8));
      expect(length).toBeLessThanOrEqual(Math.ceil(n / 8));
      const gaps = set.map((v, i) => v - (i ? set[i - 1]! + 1 : 0));
      const mean = Math.floor(gaps.reduce((a, b) => a + b, 0) / k);
      const near = 31 - Math.clz32(Math.max(1, mean));
      for (let j = Math.max(0, near - 2); j <= near + 1; ++j) {
        const unary = gaps.reduce((a, g) => a + (g >>> j), k);
        expect(length).toBeLessThanOrEqual(Math.ceil((k * j) / 8) + Math.ceil(unary / 8));
      }
    }),
    { numRuns: 300 },
  );
});

test("random sets: within 4 % of log2 C(n, k)", () => {
  const n = 1_000_000;
  const big = pair(1 << 22).wasm;
  const [rng, bitmap, indices, packed] = [BASE, BASE + 128, BASE + 131072, BASE + 1048576];
  const lgFactorial = (m: number): number => {
    let sum = 0;
    for (let i = 2; i <= m; ++i) sum += Math.log2(i);
    return sum;
  };
  const lgN = lgFactorial(n);
  for (const k of [100, 1000, 10_000, 31_000, 100_000]) {
    big.rngSeed(rng, k, 1, 2, 3, 4, 5);
    big.randomSubset(n, k, rng, indices, bitmap);
    u32(big, k, indices).sort();
    const length = big.indicesEncode(n, k, indices, packed);
    const bound = lgN - lgFactorial(k) - lgFactorial(n - k);
    expect(8 * length, `k=${k}: ${((8 * length) / bound).toFixed(4)}`).toBeLessThanOrEqual(1.04 * bound + 24);
    const want = Array.from(u32(big, k, indices));
    expect(big.indicesDecode(n, k, packed, length, indices)).toBe(length);
    expect(Array.from(u32(big, k, indices))).toEqual(want);
  }
});

test("arbitrary bytes, every kind: one verdict in both backends, valid sets only, nothing outside", () => {
  const kind = fc.oneof(fc.constantFrom(0, 1, 2, 32, 33, 34, 37, 63), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 3, 8, 63, 64, 65, 300, 70_000, 0xffffffff),
      fc.integer({ min: 0, max: 80 }),
      kind,
      fc.uint8Array({ maxLength: 100 }),
      fc.integer({ min: 1, max: 255 }),
      (n, wanted, first, body, mask) => {
        const payload = Uint8Array.of(first, ...body.map((v, i) => (i % 3 ? v & mask : v)));
        decode(n, Math.min(wanted, n), payload);
        decode(n, Math.min(wanted, n), body);
      },
    ),
    { numRuns: 5000 },
  );
});

test("altered encodings: one verdict; what is accepted encodes a set", () => {
  fc.assert(
    fc.property(setBelow(3000), fc.nat(), fc.nat(7), fc.integer({ min: -1, max: 1 }), ([n, set], place, bit, off) => {
      const payload = encode(n, set);
      payload[place % payload.length]! ^= 1 << bit;
      decode(n, set.length, payload);
      payload[place % payload.length]! ^= 1 << bit;
      decode(n, Math.min(n, Math.max(0, set.length + off)), payload);
      decode(Math.max(set.length, n + off), set.length, payload);
    }),
    { numRuns: 3000 },
  );
});

test("layout as documented", () => {
  // n = 1000, {5, 300, 301, 640}: gaps 5 294 0 338; the list needs 5 bytes, Rice j = 7: 28 low bits, 4 + 0 + 2 + 0 + 2
  expect(Array.from(encode(1000, [5, 300, 301, 640]))).toEqual([1, 5, 176, 212, 18, 160]);
  // n = 16, {0, 2, 3, 9, 15}: bitmap
  expect(Array.from(encode(16, [0, 2, 3, 9, 15]))).toEqual([2, 0b00001101, 0b10000010]);
  // n = 100, sixteen indices 0, 4, ..., 60: gaps 0 3 3 ...; j = 1: lows 0 1 1 ..., unary 1 01 01 ...
  const fours = Array.from({ length: 16 }, (_, i) => 4 * i);
  expect(Array.from(encode(100, fours))).toEqual([33, 0xfe, 0xff, 0x55, 0x55, 0x55, 0x55]);
});
