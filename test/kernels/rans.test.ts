import fc from "fast-check";
import { expect, test } from "vitest";
import type { Kernels } from "../../bindings/kernels.ts";
import { BASE, bytes, lcg, pair } from "./harness.ts";

const p = pair(1 << 21);
const backends = [p.wasm, p.reference];
const IN = BASE + 64; // symbols
const COUNTS = BASE + 65536; // 4 * 4096 u32
const NAMES = COUNTS + 65536;
const FREQUENCIES = NAMES + 8192;
const ENTRIES = FREQUENCIES + 8192; // 4096 entries
const SLOTS = ENTRIES + 65536;
const OUT = SLOTS + 16384 + 64;
const END = OUT + 131072; // packed bytes end here
const GUARD = 0xc3;

const u16 = (k: Kernels, n: number, at: number) => new Uint16Array(k.memory.buffer, at, n);
const u32 = (k: Kernels, n: number, at: number) => new Uint32Array(k.memory.buffer, at, n);

/** Frequencies that sum to 4096, for as many symbols. */
function frequenciesOf(count: number, random: () => number): number[] {
  const cuts = new Set<number>();
  while (cuts.size < count - 1) cuts.add(1 + Math.floor(4095 * random() ** (1 + (count % 3))));
  const sorted = [0, ...[...cuts].sort((a, b) => a - b), 4096];
  return Array.from({ length: count }, (_, j) => sorted[j + 1]! - sorted[j]!);
}

interface Coded {
  symbols: number[];
  names: number[];
  frequencies: number[];
}

function make(n: number, count: number, random: () => number): Coded {
  const step = 1 + Math.floor(random() * Math.max(1, Math.floor(4095 / count)));
  const names = Array.from({ length: count }, (_, j) => j * step + (j > 0 ? 1 : 0)).map((v) => Math.min(v, 4095));
  const frequencies = frequenciesOf(count, random);
  const symbols = Array.from({ length: n }, () => {
    let slot = Math.floor(4096 * random());
    let j = 0;
    while (slot >= frequencies[j]!) slot -= frequencies[j++]!;
    return names[j]!;
  });
  return { symbols, names, frequencies };
}

function encode(k: Kernels, { symbols, names, frequencies }: Coded, lanes: number, end = END): Uint8Array {
  u16(k, symbols.length, IN).set(symbols);
  u16(k, names.length, NAMES).set(names);
  u16(k, names.length, FREQUENCIES).set(frequencies);
  k.ransEntries(names.length, NAMES, FREQUENCIES, ENTRIES);
  bytes(k, 16, end).fill(GUARD);
  const least = end - 2 * symbols.length - 4 * lanes;
  bytes(k, 16, least - 18).fill(GUARD);
  const from = k.ransEncode(symbols.length, lanes, IN, ENTRIES, end);
  expect(from).toBeGreaterThanOrEqual(least);
  expect(bytes(k, 16, end).every((b) => b === GUARD)).toBe(true);
  expect(bytes(k, 16, least - 18).every((b) => b === GUARD)).toBe(true);
  return bytes(k, end - from, from).slice();
}

function decode(k: Kernels, n: number, { names, frequencies }: Coded, lanes: number, packed: Uint8Array, shift = 0) {
  u16(k, 256, NAMES).fill(0).set(names.slice(0, 256));
  u16(k, names.length, FREQUENCIES).set(frequencies);
  k.ransSlots(names.length, FREQUENCIES, SLOTS);
  bytes(k, 131072, OUT - 64).fill(GUARD);
  const at = END + shift;
  bytes(k, packed.length + 32, at)
    .fill(GUARD)
    .set(packed);
  const used = k.ransDecode(n, lanes, SLOTS, NAMES, at, packed.length, OUT);
  expect(bytes(k, 64, OUT - 64).every((b) => b === GUARD)).toBe(true);
  expect(bytes(k, 64, OUT + 2 * n).every((b) => b === GUARD)).toBe(true);
  return { used, symbols: Array.from(u16(k, n, OUT)) };
}

test("round trip, same bytes in both backends: n = 0..70 and more, 1 and 4 states, 1 to 256 symbols", () => {
  const random = lcg(1);
  for (const count of [1, 2, 3, 5, 16, 100, 255, 256]) {
    for (const n of [...Array.from({ length: 71 }, (_, i) => i), 999, 5000]) {
      const coded = make(n, count, random);
      for (const lanes of [1, 4]) {
        const [a, b] = backends.map((k) => encode(k, coded, lanes));
        expect(Buffer.compare(a!, b!), `count ${count} n ${n} lanes ${lanes}`).toBe(0);
        for (const k of backends) {
          expect(decode(k, n, coded, lanes, a!, n % 3)).toEqual({ used: a!.length, symbols: coded.symbols });
          for (const cut of [1, 2, 5]) {
            if (a!.length < cut) continue;
            expect(decode(k, n, coded, lanes, a!.subarray(0, a!.length - cut)).used).toBe(-1);
          }
        }
      }
    }
  }
});

test("every frequency is divided exactly: states at their limits", () => {
  const random = lcg(2);
  for (let f = 1; f < 4096; f += f < 40 ? 1 : 61) {
    const coded = {
      names: [0, 1],
      frequencies: [f, 4096 - f],
      symbols: Array.from({ length: 400 }, () => (random() < 0.5 ? 1 : 0)),
    };
    const [a, b] = backends.map((k) => encode(k, coded, 1));
    expect(Buffer.compare(a!, b!), `f = ${f}`).toBe(0);
    expect(decode(p.wasm, 400, coded, 1, a!).symbols).toEqual(coded.symbols);
  }
});

test("length: the cost of the symbols under the table, and the states", () => {
  const random = lcg(3);
  for (const count of [2, 3, 30, 256]) {
    const coded = make(20_000, count, random);
    const cost = new Map(coded.names.map((name, j) => [name, 12 - Math.log2(coded.frequencies[j]!)]));
    const bits = coded.symbols.reduce((sum, s) => sum + cost.get(s)!, 0);
    for (const lanes of [1, 4]) {
      const length = encode(p.wasm, coded, lanes).length;
      expect(8 * length).toBeLessThan(1.0005 * bits + 32 * lanes);
      expect(8 * length).toBeGreaterThan(0.9995 * bits);
    }
  }
});

test("arbitrary and altered bytes: one verdict, one result, nothing outside", () => {
  const verdict = (coded: Coded, n: number, lanes: number, packed: Uint8Array) => {
    const [a, b] = backends.map((k) => decode(k, n, coded, lanes, packed));
    expect(a!.used).toBe(b!.used);
    if (a!.used >= 0) expect(a).toEqual(b);
    expect(a!.used).toBeLessThanOrEqual(packed.length);
  };
  const lanes = fc.constantFrom(1, 4);
  const seed = fc.nat();
  const count = fc.integer({ min: 1, max: 256 });
  fc.assert(
    fc.property(seed, count, lanes, fc.nat(120), fc.uint8Array({ maxLength: 120 }), (s, m, l, n, packed) =>
      verdict(make(0, m, lcg(s)), n, l, packed),
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(seed, count, lanes, fc.nat(200), fc.nat(), fc.nat(7), (s, m, l, n, place, bit) => {
      const coded = make(n, m, lcg(s));
      const packed = encode(p.wasm, coded, l).slice();
      packed[place % packed.length]! ^= 1 << bit;
      verdict(coded, n, l, packed);
    }),
    { numRuns: 1000 },
  );
});

test("counts, split and join", () => {
  const random = lcg(4);
  for (let n = 0; n <= 100; n += n < 20 ? 1 : 9) {
    for (const width of [0, 1, 5, 8, 12]) {
      const symbols = Array.from({ length: n }, () => Math.floor(4096 * random() ** 3));
      for (const k of backends) {
        u16(k, n, IN).set(symbols);
        k.symbolCounts(n, 4096, IN, COUNTS);
        const counts = new Array<number>(4096).fill(0);
        for (const s of symbols) counts[s]! += 1;
        expect(Array.from(u32(k, 4096, COUNTS))).toEqual(counts);
        bytes(k, 1024, OUT - 64).fill(GUARD);
        k.symbolsSplit(n, width, IN, OUT, NAMES);
        expect(Array.from(u16(k, n, OUT))).toEqual(symbols.map((s) => s % 2 ** width));
        expect(Array.from(u16(k, n, NAMES))).toEqual(symbols.map((s) => s >> width));
        k.symbolsJoin(n, width, OUT, NAMES, OUT);
        expect(Array.from(u16(k, n, OUT))).toEqual(symbols);
        expect(bytes(k, 64, OUT + 2 * n).every((b) => b === GUARD)).toBe(true);
      }
    }
  }
});
