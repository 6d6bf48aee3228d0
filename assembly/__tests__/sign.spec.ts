import { rngSeed } from "../core/random";
import {
  signAdd_f32,
  signAdd_f64,
  signEncode_f32,
  signEncode_f64,
  stochasticSignEncode_f32,
  stochasticSignEncode_f64,
} from "../core/sign";
import { norm1_f32, norm1_f64 } from "../core/vec";

const X = heap.alloc(4096);
const OUT = heap.alloc(256);
const ACC = heap.alloc(4096);
const RNG = heap.alloc(96);
const GUARD: u8 = 0xa5;

function put<T>(n: i32): void {
  for (let i = 0; i < n; ++i) store<T>(X + <usize>i * sizeof<T>(), <T>(<f64>((i * 7) % 23) * 0.37 - 4));
}

function bit(i: i32): i32 {
  return (<i32>load<u8>(OUT + (i >> 3)) >> (i & 7)) & 1;
}

describe("signEncode", () => {
  test("bits are x < 0, spare bits 0, the byte after stays, the sum is norm1", () => {
    for (let n = 0; n <= 300; n += n < 40 ? 1 : 29) {
      memory.fill(OUT, GUARD, 256);
      put<f32>(n);
      expect(signEncode_f32(n, X, OUT)).toBe(norm1_f32(n, X));
      for (let i = 0; i < n; ++i) expect(bit(i)).toBe(i32(load<f32>(X + (i << 2)) < 0));
      for (let i = n; i < ((n + 7) & ~7); ++i) expect(bit(i)).toBe(0);
      expect(load<u8>(OUT + ((n + 7) >> 3))).toBe(GUARD);
    }
    for (let n = 0; n <= 300; n += n < 40 ? 1 : 29) {
      memory.fill(OUT, GUARD, 256);
      put<f64>(n);
      expect(signEncode_f64(n, X, OUT)).toBe(norm1_f64(n, X));
      for (let i = 0; i < n; ++i) expect(bit(i)).toBe(i32(load<f64>(X + (i << 3)) < 0));
      for (let i = n; i < ((n + 7) & ~7); ++i) expect(bit(i)).toBe(0);
      expect(load<u8>(OUT + ((n + 7) >> 3))).toBe(GUARD);
    }
  });

  test("a negative zero is plus, a negative subnormal minus", () => {
    store<f32>(X, -0.0);
    store<u32>(X, 0x80000001, 4);
    signEncode_f32(2, X, OUT);
    expect(load<u8>(OUT)).toBe(2);
  });
});

describe("signAdd", () => {
  test("adds a or -a", () => {
    put<f32>(77);
    signEncode_f32(77, X, OUT);
    memory.fill(ACC, 0, 4096);
    signAdd_f32(77, 3, OUT, ACC);
    for (let i = 0; i < 77; ++i) expect(load<f32>(ACC + (i << 2))).toBe(bit(i) ? -3 : 3);
    memory.fill(ACC, 0, 4096);
    signAdd_f64(77, 3, OUT, ACC);
    for (let i = 0; i < 77; ++i) expect(load<f64>(ACC + (i << 3))).toBe(bit(i) ? -3 : 3);
  });
});

describe("stochasticSignEncode", () => {
  test("is certain for entries of the size of the norm", () => {
    rngSeed(RNG, 1, 2, 3, 4, 5, 6);
    for (let i = 0; i < 100; ++i) store<f32>(X + (i << 2), i % 3 ? 0.5 : -0.5);
    stochasticSignEncode_f32(100, X, 0.5, RNG, OUT);
    for (let i = 0; i < 100; ++i) expect(bit(i)).toBe(i % 3 ? 0 : 1);
    for (let i = 0; i < 100; ++i) store<f64>(X + (i << 3), i % 3 ? 0.5 : -0.5);
    stochasticSignEncode_f64(100, X, 0.5, RNG, OUT);
    for (let i = 0; i < 100; ++i) expect(bit(i)).toBe(i % 3 ? 0 : 1);
  });
});
