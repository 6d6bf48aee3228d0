import {
  codesAdd_f32,
  codesAdd_f64,
  codesScatterAdd_f32,
  codesScatterAdd_f64,
  ditherCodes_f32,
  ditherCodes_f64,
} from "../core/dither";
import { RNG_USED, rngSeed, rngStep, rngU32 } from "../core/random";

const X = heap.alloc(4096);
const CODES = heap.alloc(1024);
const ACC = heap.alloc(4096);
const RNG = heap.alloc(96);
const OTHER = heap.alloc(96);

function code(i: i32): u32 {
  return load<u16>(CODES + (i << 1));
}

describe("ditherCodes", () => {
  test("integers keep their level, zero has code 0", () => {
    rngSeed(RNG, 1, 2, 3, 4, 5, 6);
    for (let n = 0; n <= 70; ++n) {
      let used = 0;
      for (let i = 0; i < n; ++i) {
        const v = ((i * 5 + n) % 15) - 7;
        used += i32(v != 0);
        store<f32>(X + (i << 2), <f32>v);
        store<f64>(X + 2048 + (i << 3), <f64>v);
      }
      expect(ditherCodes_f32(n, 1, 7, X, RNG, CODES)).toBe(used);
      for (let i = 0; i < n; ++i) {
        const v = ((i * 5 + n) % 15) - 7;
        expect(code(i)).toBe((abs(v) << 1) | i32(v < 0));
      }
      expect(ditherCodes_f64(n, 1, 7, X + 2048, RNG, CODES)).toBe(used);
      for (let i = 0; i < n; ++i) {
        const v = ((i * 5 + n) % 15) - 7;
        expect(code(i)).toBe((abs(v) << 1) | i32(v < 0));
      }
    }
  });

  test("takes one vector step for each 16 bytes begun and drops what rngU32 left", () => {
    for (let n = 0; n <= 40; ++n) {
      rngSeed(RNG, n, 2, 3, 4, 5, 6);
      rngU32(RNG);
      memory.copy(OTHER, RNG, 96);
      ditherCodes_f32(n, 0.5, 7, X, RNG, CODES);
      for (let i = 0; i < n; i += 4) rngStep(OTHER);
      expect(memory.compare(RNG, OTHER, 64)).toBe(0);
      expect(load<u32>(RNG, RNG_USED)).toBe(4);
      ditherCodes_f64(n, 0.5, 7, X, RNG, CODES);
      for (let i = 0; i < n; i += 2) rngStep(OTHER);
      expect(memory.compare(RNG, OTHER, 64)).toBe(0);
    }
  });
});

describe("codesAdd and codesScatterAdd", () => {
  test("add sign level a", () => {
    for (let i = 0; i < 43; ++i) {
      store<u16>(CODES + (i << 1), i ? <u16>(2 * (i % 20) + (i % 20 ? i & 1 : 0)) : 65535);
      store<u32>(X + (i << 2), 42 - i);
    }
    memory.fill(ACC, 0, 4096);
    codesAdd_f32(43, 0.5, CODES, ACC);
    codesScatterAdd_f32(43, 0.5, CODES, X, ACC + 512);
    for (let i = 0; i < 43; ++i) {
      const value: f32 = <f32>(code(i) >> 1) * (code(i) & 1 ? -0.5 : 0.5);
      expect(load<f32>(ACC + (i << 2))).toBe(value);
      expect(load<f32>(ACC + 512 + ((42 - i) << 2))).toBe(value);
    }
    memory.fill(ACC, 0, 4096);
    codesAdd_f64(43, 0.5, CODES, ACC);
    codesScatterAdd_f64(43, 0.5, CODES, X, ACC + 512);
    for (let i = 0; i < 43; ++i) {
      const value: f64 = <f64>(code(i) >> 1) * (code(i) & 1 ? -0.5 : 0.5);
      expect(load<f64>(ACC + (i << 3))).toBe(value);
      expect(load<f64>(ACC + 512 + ((42 - i) << 3))).toBe(value);
    }
  });
});
