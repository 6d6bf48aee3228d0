import { expect, test } from "vitest";
import { spherical } from "../../src/compressors/spherical.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(spherical, { a: 0.7, block: 5, trials: 40 }, { deterministic: true });
// a list too short for most blocks: those go as they are, and the bound still holds
testCompressor(spherical, { a: 0.3, block: 8, trials: 3 }, { deterministic: true });

/** The numbers in a payload of blocks of one width in bytes or less. */
function numbersOf(payload: Uint8Array, blocks: number, size: number, width: number): number[] {
  return Array.from({ length: blocks }, (_, b) => {
    let number = 0;
    for (let i = 0; i < width; ++i) {
      const bit = b * width + i;
      number |= ((payload[blocks * size + (bit >> 3)]! >> (bit & 7)) & 1) << i;
    }
    return number;
  });
}

test("the error is at most a in every block; trials are geometric with the cap's probability", () => {
  // 1/p = 60.3 (d = 8, a = 0.5), 15.8 (8, 0.7), 16.2 (24, 0.9): regularised incomplete beta function
  for (const [a, block, trials, mean] of [
    [0.5, 8, 511, 60.3],
    [0.7, 8, 255, 15.8],
    [0.9, 24, 255, 16.2],
  ] as const) {
    const blocks = 4000;
    const d = blocks * block;
    const bench = new Bench("wasm", "f32", d, `spherical:a=${a},block=${block},trials=${trials}`);
    const x = Float32Array.from(inputs.normal!(d, lcg(block)));
    const payload = bench.encode(x, 1);
    const c = bench.decode(payload);
    for (let from = 0; from < d; from += block) {
      let off = 0;
      let all = 0;
      for (let i = from; i < from + block; ++i) {
        off += (c[i]! - x[i]!) ** 2;
        all += x[i]! ** 2;
      }
      expect(off).toBeLessThanOrEqual(all * (a + 1e-6));
    }
    const numbers = numbersOf(payload, blocks, 4, 32 - Math.clz32(trials));
    const found = numbers.filter((number) => number < trials);
    const p = 1 / mean;
    // truncated geometric variable: a list of few vectors covers the sphere a little unevenly, hence 8 %
    const expected = (1 - p) / p - (trials * (1 - p) ** trials) / (1 - (1 - p) ** trials);
    const average = found.reduce((sum, number) => sum + number, 0) / found.length;
    expect(Math.abs(average / expected - 1)).toBeLessThan(0.08);
    expect(payload.length).toBe(
      4 * blocks + Math.ceil((blocks * (32 - Math.clz32(trials))) / 8) + 4 * block * (blocks - found.length),
    );
  }
});

test("options", () => {
  const make = (options: string) => () => new Bench("wasm", "f32", 8, `spherical:${options}`);
  expect(make("a=1")).toThrow("spherical: a must be in (0, 1), got 1");
  expect(make("block=0")).toThrow("spherical: block must be an integer in 1..256, got 0");
  expect(make("trials=65536")).toThrow("spherical: trials must be an integer in 1..65535, got 65536");
  expect(make("block=256,trials=65535")).toThrow("spherical: trials times block must be an integer in 1..1048576");
});
