import { expect, test } from "vitest";
import { entropy } from "../../src/compressors/entropy.ts";
import { bytesOf, inputs, lcg } from "../kernels/harness.ts";
import { Bench, rounded, sameBits } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio } from "./ratios.ts";

testCompressor(entropy, { of: "random-dithering:s=7,norm=max" }, { ratio: ditheringRatio(7, "max") });
testCompressor(entropy, { of: "natural" }, { samples: 3000 });
testCompressor(entropy, { of: "sparse-dithering" }, { deterministic: true });

const inner = [
  "random-dithering:s=1",
  "random-dithering:s=7",
  "random-dithering:s=127,norm=max",
  "random-dithering:s=32767,norm=max,coding=fixed",
  "random-dithering:s=5,coding=elias",
  "natural-dithering",
  "exponential-dithering:beta=1.2,s=40",
  "ternary",
  "sparse-dithering",
  "natural",
  "kashin",
  "rounding:beta=1.2",
];

test.each(inner)("%s: the same numbers, never more than 1 byte longer", (spec) => {
  for (const dtype of ["f32", "f64"] as const) {
    const random = lcg(7);
    for (const d of [0, 1, 5, 300, 3000]) {
      const plain = new Bench("wasm", dtype, d, spec);
      const coded = new Bench("wasm", dtype, d, `entropy:of=(${spec})`);
      expect(coded.compressor.maxBytes).toBe(plain.compressor.maxBytes + 1);
      expect(coded.compressor.constants).toEqual(plain.compressor.constants);
      for (const family of ["normal", "heavy", "sparse", "zeros", "equal"]) {
        const x = rounded(dtype, inputs[family]!(d, random));
        const [a, b] = [plain.encode(x, d), coded.encode(x, d)];
        if (b.length < 1024) expect(b.length, `${dtype} ${d} ${family}`).toBeLessThanOrEqual(a.length + 1);
        expect(sameBits(coded.decode(b), plain.decode(a)), `${dtype} ${d} ${family}`).toBe(true);
      }
    }
  }
});

/** Bits of n symbols, each as long as its frequency among them says. */
function empirical(symbols: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < symbols.length; ++i) counts.set(symbols[i]!, (counts.get(symbols[i]!) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits += count * Math.log2(symbols.length / count);
  return bits;
}

test.each(inner.filter((spec) => !/32767/.test(spec)))("%s: the empirical entropy and a table", (spec) => {
  const random = lcg(3);
  for (const dtype of ["f32", "f64"] as const) {
    for (const d of [10_000, 100_000]) {
      const plain = new Bench("wasm", dtype, d, spec);
      const coded = new Bench("wasm", dtype, d, `entropy:of=(${spec})`);
      const { symbols } = plain.compressor;
      const head = plain.ops.bytes(16);
      for (const family of ["normal", "heavy", "sparse"]) {
        const x = rounded(dtype, inputs[family]!(d, random));
        const length = coded.encode(x, 1).length;
        plain.x.view.set(x);
        symbols!.encode(plain.x, plain.rng.at(1, 0), head);
        const sent = new Uint16Array(plain.ops.arena.buffer, symbols!.ptr, symbols!.count);
        const bits = empirical(sent);
        const where = `${dtype} d = ${d} ${family}`;
        // states, form, norm and half a byte for every symbol that comes; frequencies of 12 bits cost up to 0.5 %, where one symbol is nearly all
        const table = 26 + bytesOf(dtype) + 0.6 * new Set(sent).size;
        expect(8 * length, where).toBeLessThan(1.006 * bits + 8 * table);
        if (bits > 2 * d || (bits > d / 2 && d > 10_000)) expect(8 * length, where).toBeLessThan(1.02 * bits);
      }
    }
  }
});

test("more than 256 symbols: their low bits are sent as they are, within 2 % still", () => {
  const d = 100_000;
  const random = lcg(3);
  const x = inputs.normal!(d, random);
  for (const s of [400, 5000, 32767]) {
    const plain = new Bench("wasm", "f32", d, `random-dithering:s=${s},norm=max`);
    const coded = new Bench("wasm", "f32", d, `entropy:of=(random-dithering:s=${s},norm=max)`);
    const length = coded.encode(x, 1).length;
    plain.x.view.set(x);
    plain.compressor.symbols!.encode(plain.x, plain.rng.at(1, 0), plain.ops.bytes(16));
    const sent = new Uint16Array(plain.ops.arena.buffer, plain.compressor.symbols!.ptr, d);
    // of 64 symbols an entry the counts themselves say little: the density of a normal variable, and 1 bit of sign
    const spread = Math.sqrt(sent.reduce((sum, code) => sum + (code >> 1) ** 2, 0) / d);
    const entropy = Math.log2(spread * Math.sqrt(2 * Math.PI * Math.E));
    expect((8 * length) / d, `s = ${s}`).toBeLessThan(1.02 * entropy);
    expect((8 * length) / d, `s = ${s}`).toBeGreaterThan(0.99 * entropy);
  }
});

test("a decoder believes nothing: tables, states and symbols", () => {
  const d = 3000;
  const bench = new Bench("wasm", "f32", d, "entropy:of=(random-dithering:s=20,norm=max)");
  const start = Array.from({ length: d }, (_, i) => i);
  const good = bench.encode(inputs.normal!(d, lcg(1)), 1);
  expect(good[0]).toBe(1);
  const verdict = (change: (bytes: Uint8Array) => void): unknown => {
    const bytes = good.slice();
    change(bytes);
    return bench.verdict(bytes, start);
  };
  const put = (at: number, width: number, value: number) => (bytes: Uint8Array) => {
    for (let i = 0; i < width; ++i) {
      const bit = 8 * 5 + at + i; // after form and norm
      bytes[bit >> 3] = (bytes[bit >> 3]! & ~(1 << (bit & 7))) | (((value >> i) & 1) << (bit & 7));
    }
  };
  expect(verdict((bytes) => (bytes[0] = 3))).toBe("kind");
  expect(verdict((bytes) => (bytes[0] = 2))).toBe("level"); // other states
  expect(verdict((bytes) => (bytes[4] = 0xff))).toBe("value"); // the norm is negative
  expect(verdict(put(0, 4, 9))).toBe("level"); // shift
  expect(verdict(put(4, 4, 12))).toBe("level"); // order
  expect(verdict(put(9, 8, 255))).toBe("level"); // more symbols than there are
  expect(verdict(put(17, 6, 63))).toBe("level"); // symbol 63 of 42, before the second
  expect(verdict(put(23, 6, 0))).toBe("level"); // the second symbol is the first again
  expect(typeof verdict((bytes) => (bytes[bytes.length - 1]! ^= 0x80))).toBe("string");
  // one symbol: all levels the same, and states that hold nothing
  const [low, high] = [0x8000 & 255, 0x8000 >> 8];
  const table = (symbol: number) => {
    const bytes = new Uint8Array(1 + 4 + 3 + 4);
    bytes.set([1, 0, 0, 0x80, 0x3f]); // norm 1
    bytes.set([low, high, 0, 0], 8);
    const bits = (symbol << 17) >>> 0; // shift, order, back, count - 1, symbol
    bytes.set([bits & 255, (bits >> 8) & 255, (bits >> 16) & 255], 5);
    return bytes;
  };
  expect(Array.from(bench.decode(table(40)).slice(0, 3))).toEqual([1, 1, 1]);
  expect(bench.verdict(table(42), start)).toBe("level");
  expect(bench.verdict(Uint8Array.of(1, 0, 0, 0, 0, ...table(4).slice(5)), start)).toBe("value"); // norm 0, levels
});

test("compressors without symbols are refused", () => {
  expect(() => new Bench("wasm", "f32", 4, "entropy")).toThrow("entropy: give of");
  expect(() => new Bench("wasm", "f32", 4, "entropy:of=(sign)")).toThrow("entropy: of must send levels");
});
