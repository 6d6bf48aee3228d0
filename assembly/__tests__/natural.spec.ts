import {
  naturalAdd_f32,
  naturalAdd_f64,
  naturalEncode_f32,
  naturalEncode_f64,
  naturalValid_f32,
  naturalValid_f64,
} from "../core/natural";
import {
  naturalCodesAdd_f32,
  naturalCodesAdd_f64,
  naturalDitherCodes_f32,
  naturalDitherCodes_f64,
} from "../core/natural-dither";
import { rngSeed } from "../core/random";

const X = heap.alloc(4096);
const OUT = heap.alloc(1024);
const ACC = heap.alloc(4096);
const RNG = heap.alloc(96);

/** +-2^(i mod 40 - 20), every seventh entry a zero of either sign. */
function power(i: i32): f64 {
  const v = reinterpret<f64>((<u64>((i % 40) - 20 + 1023)) << 52);
  return i % 7 ? (i % 3 ? -v : v) : i & 1 ? 0 : -0.0;
}

describe("natural compression", () => {
  test("powers of two and zeros come back", () => {
    rngSeed(RNG, 1, 2, 3, 4, 5, 6);
    for (let n = 0; n <= 80; ++n) {
      for (let i = 0; i < n; ++i) store<f32>(X + (i << 2), <f32>power(i));
      expect(naturalEncode_f32(n, X, RNG, OUT)).toBe(-1);
      expect(naturalValid_f32(n, OUT)).toBe(1);
      memory.fill(ACC, 0, 4096);
      naturalAdd_f32(n, 1, OUT, ACC);
      for (let i = 0; i < n; ++i) expect(load<f32>(ACC + (i << 2))).toBe(<f32>power(i));
      for (let i = 0; i < n; ++i) store<f64>(X + (i << 3), power(i));
      expect(naturalEncode_f64(n, X, RNG, OUT)).toBe(-1);
      expect(naturalValid_f64(n, OUT)).toBe(1);
      memory.fill(ACC, 0, 4096);
      naturalAdd_f64(n, 1, OUT, ACC);
      for (let i = 0; i < n; ++i) expect(load<f64>(ACC + (i << 3))).toBe(power(i));
    }
  });

  test("finds the first non-finite entry, with a quiet NaN in both signs", () => {
    for (let at = 0; at < 40; ++at) {
      for (let i = 0; i < 40; ++i) {
        store<f32>(X + (i << 2), i < at ? 3.4e38 : i & 1 ? f32.NaN : -f32.NaN);
        store<f64>(X + 1024 + (i << 3), i < at ? 1.7e308 : i & 1 ? -f64.NaN : f64.NaN);
      }
      expect(naturalEncode_f32(40, X, RNG, OUT)).toBe(at);
      expect(naturalEncode_f64(40, X + 1024, RNG, OUT)).toBe(at);
    }
  });

  test("an infinite exponent, a signed zero and a spare bit are refused", () => {
    for (let i = 0; i < 21; ++i) store<f32>(X + (i << 2), -1);
    for (let at = 0; at < 21; ++at) {
      naturalEncode_f32(21, X, RNG, OUT);
      store<u8>(OUT + 3 + at, 255);
      expect(naturalValid_f32(21, OUT)).toBe(0);
      store<u8>(OUT + 3 + at, 0);
      expect(naturalValid_f32(21, OUT)).toBe(0);
    }
    naturalEncode_f32(21, X, RNG, OUT);
    store<u8>(OUT + 2, load<u8>(OUT + 2) | 0x20);
    expect(naturalValid_f32(21, OUT)).toBe(0);
  });
});

describe("natural dithering", () => {
  test("levels come back, all numbers of levels, y = 1 is the top one", () => {
    for (let s = 1; s <= 20; ++s) {
      for (let i = 0; i < 50; ++i) {
        const level = i % (s + 1);
        const y: f64 = level ? reinterpret<f64>((<u64>(level - s + 1023)) << 52) : 0;
        store<f32>(X + (i << 2), <f32>(i & 1 ? -y : y));
        store<f64>(X + 1024 + (i << 3), i & 1 ? -y : y);
      }
      memory.fill(ACC, 0, 4096);
      naturalDitherCodes_f32(50, 1, s, X, RNG, OUT);
      naturalCodesAdd_f32(50, 1, s, OUT, ACC);
      for (let i = 0; i < 50; ++i) expect(load<f32>(ACC + (i << 2))).toBe(load<f32>(X + (i << 2)));
      memory.fill(ACC, 0, 4096);
      naturalDitherCodes_f64(50, 1, s, X + 1024, RNG, OUT);
      naturalCodesAdd_f64(50, 1, s, OUT, ACC);
      for (let i = 0; i < 50; ++i) expect(load<f64>(ACC + (i << 3))).toBe(load<f64>(X + 1024 + (i << 3)));
    }
  });

  test("terms below the normal range are rounded once", () => {
    store<u16>(OUT, 2);
    memory.fill(ACC, 0, 16);
    // 1.5 2^(1-1075) is a tie and goes to the even 2^-1073
    naturalCodesAdd_f64(1, 1.5, 1075, OUT, ACC);
    expect(load<u64>(ACC)).toBe(2);
    memory.fill(ACC, 0, 16);
    naturalCodesAdd_f32(1, 1.5, 150, OUT, ACC);
    expect(load<u32>(ACC)).toBe(2);
  });
});
