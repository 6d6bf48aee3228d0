// Pieces of the quantizers' vector loops: the generator's step over local variables, partial loads, sign masks.
//
// A loop keeps the generator's four vectors in locals and steps them with (t is the four words drawn)
//   t = draw(a, b, k); k = tick(k); a = stirB(b); b = stirC(c); c = turnC(c, t);
// which is rngStep of random.ts without its stores. It begins with four loads from the state and ends with `leave`.
// A step is a chain of three dependent operations on c (shift, or, add): alone it costs 0.45 ns an f32 element on a Zen 5
// core, 0.9 ns an f64 one. Loops over two blocks in step (dither.ts, natural.ts) hide it; there, and everywhere, few vector
// constants: V8 makes a constant anew, three instructions, wherever it runs out of registers.

import { RNG_USED } from "./random";

export const RNG_B: usize = 16;
export const RNG_C: usize = 32;
export const RNG_K: usize = 48;
export const RNG_T: usize = 64;

export function draw(a: v128, b: v128, k: v128): v128 {
  return i32x4.add(i32x4.add(a, b), k);
}
export function tick(k: v128): v128 {
  return i32x4.add(k, i32x4.splat(1));
}
export function stirB(b: v128): v128 {
  return v128.xor(b, i32x4.shr_u(b, 9));
}
export function stirC(c: v128): v128 {
  return i32x4.add(c, i32x4.shl(c, 3));
}
export function turnC(c: v128, t: v128): v128 {
  return i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), t);
}

/** Stores the four vectors, the last words drawn and an empty scalar buffer. */
export function leave(rng: usize, a: v128, b: v128, c: v128, k: v128, t: v128): void {
  v128.store(rng, a);
  v128.store(rng, b, RNG_B);
  v128.store(rng, c, RNG_C);
  v128.store(rng, k, RNG_K);
  v128.store(rng, t, RNG_T);
  store<u32>(rng, 4, RNG_USED);
}

/** The first `count` f32 from x, zeros in the other lanes; count may be any number. */
export function part32(x: usize, count: i32): v128 {
  if (count >= 4) return v128.load(x);
  if (count == 3) return v128.load_lane<u32>(x, v128.load_zero<u64>(x), 2, 8);
  if (count == 2) return v128.load_zero<u64>(x);
  if (count == 1) return v128.load_zero<u32>(x);
  return i32x4.splat(0);
}

/** The first `count` f64 from x, zeros in the other lanes; count may be any number. */
export function part64(x: usize, count: i32): v128 {
  if (count >= 2) return v128.load(x);
  if (count == 1) return v128.load_zero<u64>(x);
  return i32x4.splat(0);
}

/** Byte i is 0x80 if bit i of the 16 bits is set, else 0. */
export function signBytes(bits: u32): v128 {
  const spread = i8x16.swizzle(i32x4.splat(bits), i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  const one = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  return v128.and(i8x16.eq(v128.and(spread, one), one), i8x16.splat(-128));
}

/** Lanes 0, 2 of lo and hi as 32-bit words: the low halves of four 64-bit lanes. */
export function evens(lo: v128, hi: v128): v128 {
  return v128.shuffle<i32>(lo, hi, 0, 2, 4, 6);
}
/** The high halves of four 64-bit lanes. */
export function odds(lo: v128, hi: v128): v128 {
  return v128.shuffle<i32>(lo, hi, 1, 3, 5, 7);
}
