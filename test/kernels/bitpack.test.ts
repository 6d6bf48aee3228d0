import fc from "fast-check";
import { expect, test } from "vitest";
import type { Kernels } from "../../bindings/kernels.ts";
import { BASE, bytes, lcg, pair } from "./harness.ts";

const p = pair(1 << 20);
const backends = [p.wasm, p.reference];
const IN = BASE + 16; // inputs
const PACKED = BASE + 32768; // packed bytes, then 64 guard bytes
const OUT = BASE + 131072; // decoded, then 64 guard bytes
const GUARD = 0xc3;

const u16 = (k: Kernels, n: number, at: number) => new Uint16Array(k.memory.buffer, at, n);
const u32 = (k: Kernels, n: number, at: number) => new Uint32Array(k.memory.buffer, at, n);

function paint(k: Kernels): void {
  bytes(k, 131072, PACKED - 64).fill(GUARD);
  bytes(k, 131072, OUT - 64).fill(GUARD);
}

function expectGuards(k: Kernels, at: number, length: number, note = ""): void {
  expect(
    bytes(k, 64, at - 64).every((b) => b === GUARD),
    note,
  ).toBe(true);
  expect(
    bytes(k, 64, at + length).every((b) => b === GUARD),
    note,
  ).toBe(true);
}

const width32 = Array.from({ length: 33 }, (_, w) => w);

test("pack and unpack: all widths, n = 0..300, offsets, both element types", () => {
  const random = lcg(3);
  for (const [size, name] of [
    [4, "32"],
    [2, "16"],
  ] as const) {
    for (const width of width32.slice(0, 8 * size + 1)) {
      for (let n = 0; n <= 300; n += n < 40 ? 1 : 13) {
        const shift = (n + width) % 5;
        const from = IN + size * (n % 3);
        const length = Math.ceil((n * width) / 8);
        const values = Array.from({ length: n }, () =>
          random() < 0.1 ? 2 ** width - 1 : Math.floor(random() * 2 ** width),
        );
        for (const k of backends) {
          paint(k);
          (size === 4 ? u32(k, n, from) : u16(k, n, from)).set(values);
          expect(k[`pack${name}`](n, width, from, PACKED + shift)).toBe(length);
          if (shift === 0) expectGuards(k, PACKED, length, `pack${name} n=${n} width=${width}`);
          expect(bytes(k, 64, PACKED + shift + length).every((b) => b === GUARD)).toBe(true);
          k[`unpack${name}`](n, width, PACKED + shift, OUT);
          expectGuards(k, OUT, n * size, `unpack${name} n=${n} width=${width}`);
          expect(Array.from(size === 4 ? u32(k, n, OUT) : u16(k, n, OUT))).toEqual(values);
        }
        const [a, b] = backends.map((k) => Buffer.from(bytes(k, length + 8, PACKED + shift)));
        expect(Buffer.compare(a!, b!), `pack${name} n=${n} width=${width}`).toBe(0);
      }
    }
  }
});

test("unpack reads nothing past the packed bytes: the last bytes of memory", () => {
  const k = p.wasm;
  const end = k.memory.buffer.byteLength;
  for (const width of [1, 2, 3, 5, 7, 8, 11, 16, 17, 31, 32]) {
    for (const n of [1, 2, 7, 8, 15, 16, 17, 31, 33, 100]) {
      const length = Math.ceil((n * width) / 8);
      k.unpack32(n, width, end - length, OUT);
      k.pack32(n, width, OUT, end - length);
      if (width > 16) continue;
      k.unpack16(n, width, end - length, OUT);
      k.pack16(n, width, OUT, end - length);
    }
  }
});

const codesOf = (bias: number, maxLevel: number) =>
  fc.array(
    fc.oneof(
      { weight: bias ? 4 : 0, arbitrary: fc.constant(0) },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.integer({ min: 1, max: maxLevel }), fc.boolean()).map(([l, s]) => 2 * l + Number(s)),
      },
      { weight: 1, arbitrary: fc.constantFrom(2, 3) },
    ),
    { maxLength: 300, size: "max" },
  );

test("gamma streams: round trip, same bytes in both backends, exact bit count, nothing outside", () => {
  for (const [bias, maxLevel] of [
    [1, 32767],
    [0, 32767],
    [1, 7],
    [0, 7],
    [1, 3],
    [0, 1],
  ] as const) {
    fc.assert(
      fc.property(codesOf(bias, maxLevel), fc.integer({ min: 0, max: 7 }), (codes, shift) => {
        const n = codes.length;
        const lengths = backends.map((k) => {
          paint(k);
          u16(k, n, IN).set(codes);
          const length = k.gammaEncode(n, bias, IN, PACKED + shift);
          expect(length).toBe(Math.ceil(k.gammaBits(n, bias, IN) / 8));
          expect(bytes(k, 64, PACKED + shift + length).every((b) => b === GUARD)).toBe(true);
          expect(k.gammaDecode(n, bias, maxLevel, PACKED + shift, length + 3, OUT)).toBe(length);
          expect(Array.from(u16(k, n, OUT))).toEqual(codes);
          expectGuards(k, OUT, 2 * n);
          for (let cut = Math.max(0, length - 12); cut < length; ++cut) {
            expect(k.gammaDecode(n, bias, maxLevel, PACKED + shift, cut, OUT)).toBe(-1);
          }
          const most = k.codesMaxLevel(n, IN);
          if (most > 0) expect(k.gammaDecode(n, bias, most - 1, PACKED + shift, length, OUT)).toBe(-1);
          return length;
        });
        expect(lengths[0]).toBe(lengths[1]);
        expect(p.wasm.gammaBits(n, bias, IN)).toBe(p.reference.gammaBits(n, bias, IN));
        const [a, b] = backends.map((k) => Buffer.from(bytes(k, lengths[0]!, PACKED + shift)));
        expect(Buffer.compare(a!, b!)).toBe(0);
      }),
      { numRuns: 300 },
    );
  }
});

test("gamma decoders on arbitrary and on altered bytes: one verdict, one result, nothing outside", () => {
  const verdict = (n: number, bias: number, maxLevel: number, payload: Uint8Array) => {
    const results = backends.map((k) => {
      paint(k);
      bytes(k, payload.length, PACKED).set(payload);
      const used = k.gammaDecode(n, bias, maxLevel, PACKED, payload.length, OUT);
      expectGuards(k, OUT, 2 * n);
      expectGuards(k, PACKED, payload.length);
      return [used, used < 0 ? null : Array.from(u16(k, n, OUT))];
    });
    expect(results[0]).toEqual(results[1]);
    expect(results[0]![0]).toBeLessThanOrEqual(payload.length);
  };
  const bias = fc.integer({ min: 0, max: 1 });
  const level = fc.constantFrom(1, 2, 15, 1000, 32767);
  fc.assert(fc.property(fc.integer({ min: 0, max: 200 }), bias, level, fc.uint8Array({ maxLength: 120 }), verdict), {
    numRuns: 2000,
  });
  fc.assert(
    fc.property(codesOf(1, 1000), fc.nat(), fc.nat(7), level, (codes, place, bit, maxLevel) => {
      u16(p.wasm, codes.length, IN).set(codes);
      const length = p.wasm.gammaEncode(codes.length, 1, IN, PACKED);
      const payload = Uint8Array.from(bytes(p.wasm, length, PACKED));
      if (length > 0) payload[place % length]! ^= 1 << bit;
      verdict(codes.length, 1, maxLevel, payload);
    }),
    { numRuns: 1000 },
  );
});

test("gamma streams of many codes: round trip, same bytes in both backends", () => {
  const random = lcg(5);
  for (const [bias, spread] of [
    [0, 7],
    [1, 7],
    [1, 8],
    [0, 9],
    [1, 40],
  ] as const) {
    for (const n of [1000, 1024, 2011]) {
      // small levels with a larger one now and then
      const codes = Array.from({ length: n }, () => {
        const level = Math.floor((random() < 0.01 ? spread : Math.min(spread, 7)) * random() ** 2) + 1 - bias;
        return level === 0 ? 0 : 2 * level + Math.floor(2 * random());
      });
      const made = backends.map((k) => {
        paint(k);
        u16(k, n, IN).set(codes);
        const length = k.gammaEncode(n, bias, IN, PACKED + 3);
        expect(bytes(k, 64, PACKED + 3 + length).every((b) => b === GUARD)).toBe(true);
        expect(k.gammaDecode(n, bias, 50, PACKED + 3, length, OUT)).toBe(length);
        expect(Array.from(u16(k, n, OUT))).toEqual(codes);
        expectGuards(k, OUT, 2 * n);
        expect(k.gammaDecode(n, bias, k.codesMaxLevel(n, IN) - 1, PACKED + 3, length, OUT)).toBe(-1);
        return Buffer.from(bytes(k, length, PACKED + 3));
      });
      expect(Buffer.compare(made[0]!, made[1]!)).toBe(0);
    }
  }
});

test("gamma layout as documented", () => {
  for (const k of backends) {
    // bias 1: levels 0, +1, -2, 0, +6 -> v 1, 2, 3, 1, 7: 1 | 0 1 0 0 | 0 1 1 1 | 1 | 0 0 1 1 1 0
    u16(k, 5, IN).set([0, 2, 5, 0, 12]);
    expect(k.gammaBits(5, 1, IN)).toBe(16);
    expect(k.gammaEncode(5, 1, IN, PACKED)).toBe(2);
    expect(Array.from(bytes(k, 2, PACKED))).toEqual([0b11000101, 0b01110011]);
  }
});

test("codesCompact and codesMaxLevel", () => {
  const random = lcg(9);
  for (let n = 0; n <= 300; ++n) {
    const density = [0, 0.02, 0.5, 1][n % 4]!;
    const codes = Array.from({ length: n }, () =>
      random() < density ? 2 + Math.floor(random() * (n % 3 ? 6 : 65534)) : Number(random() < 0.1),
    );
    const kept = codes.flatMap((c, i) => (c >= 2 ? [[i, c]] : []));
    for (const k of backends) {
      paint(k);
      const from = IN + 2 * (n % 7);
      u16(k, n, from).set(codes);
      expect(k.codesMaxLevel(n, from)).toBe(Math.max(0, ...codes.map((c) => c >> 1)));
      expect(k.codesCompact(n, from, OUT, PACKED)).toBe(kept.length);
      expect(Array.from(u32(k, kept.length, OUT))).toEqual(kept.map((e) => e[0]));
      expect(Array.from(u16(k, kept.length, PACKED))).toEqual(kept.map((e) => e[1]));
      expectGuards(k, OUT, 4 * n);
      expectGuards(k, PACKED, 2 * n);
    }
  }
});

test("trits: layout, round trip, every byte value, digits past the end", () => {
  const random = lcg(10);
  for (let n = 0; n <= 300; ++n) {
    const codes = Array.from({ length: n }, () => [0, 2, 3][Math.floor(random() * 3)]!);
    const want = Array.from({ length: Math.ceil(n / 5) }, (_, b) =>
      codes.slice(5 * b, 5 * b + 5).reduce((sum, c, j) => sum + (c ? c - 1 : 0) * 3 ** j, 0),
    );
    for (const k of backends) {
      paint(k);
      const from = IN + 2 * (n % 5);
      u16(k, n, from).set(codes);
      k.tritsPack(n, from, PACKED);
      expect(Array.from(bytes(k, want.length, PACKED))).toEqual(want);
      expectGuards(k, PACKED, want.length);
      expect(k.tritsUnpack(n, PACKED, OUT)).toBe(1);
      expect(Array.from(u16(k, n, OUT))).toEqual(codes);
      expectGuards(k, OUT, 2 * n);
      for (let value = 0; n > 0 && value < 256; value += n < 12 ? 1 : 27) {
        const place = n % want.length;
        bytes(k, want.length, PACKED).set(want);
        bytes(k, 1, PACKED + place)[0] = value;
        const left = Math.min(5, n - 5 * place);
        expect(k.tritsUnpack(n, PACKED, OUT), `n=${n} byte ${value}`).toBe(Number(value < 3 ** left));
        expectGuards(k, OUT, 2 * n);
      }
    }
  }
});
