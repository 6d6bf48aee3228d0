// Natural dithering: |x| c rounded to one of 0, 2^(1-s), ..., 1/2, 1; codes as in dither.ts.
//
// Between 2^e and 2^(e+1) the probability of going up is the mantissa, so the exponent rounds as in natural.ts (the comparison
// of the 24-bit draw with m / 2^23 is that of its top 23 bits with m). The bottom interval [0, 2^(1-s)) compares the draw with
// y 2^(s-1). y is first multiplied by 2^100 (f64: 2^500), exactly, so that subnormal y have exponents too. From s = 150
// (1075) on, the bottom interval holds y = 0 alone, and its two constants stay those of 150 (1075).

import { codes16, total32, zeros16 } from "./dither";
import {
  draw,
  evens,
  leave,
  odds,
  part32,
  part64,
  RNG_B,
  RNG_C,
  RNG_K,
  RNG_T,
  stirB,
  stirC,
  tick,
  turnC,
} from "./lanes";
import { lastBlock, RNG_BLOCK, rngBlock } from "./random";

function power(exponent: i32): f64 {
  return reinterpret<f64>((<u64>(exponent + 1023)) << 52);
}

/** Four doubled levels; y in [0, 1], base = s - 100 - 127, edge = 2^(101-s), lift = 2^(s-101+24). */
function doubled32(y: v128, t: v128, base: v128, edge: v128, lift: v128): v128 {
  const z = f32x4.mul(y, f32x4.splat(1.2676506002282294e30));
  const upper = i32x4.sub(base, i32x4.shr_s(i32x4.sub(i32x4.shr_u(t, 9), z), 23));
  const bottom = f32x4.lt(f32x4.convert_i32x4_s(i32x4.shr_u(t, 8)), f32x4.mul(z, lift));
  return i32x4.shl(v128.bitselect(i32x4.neg(bottom), upper, f32x4.lt(z, edge)), 1);
}

/** Two levels in 64-bit lanes; base = s - 500 - 1023, edge = 2^(501-s), lift = 2^(s-501). */
function levels64(y: v128, t: v128, base: v128, edge: v128, lift: v128): v128 {
  const one = i64x2.splat(0x3ff0000000000000);
  const z = f64x2.mul(y, f64x2.splat(3.273390607896142e150));
  const r = i64x2.shr_u(t, 12);
  const e = i64x2.shr_u(i64x2.add(z, v128.xor(r, i64x2.splat(0xfffffffffffff))), 52);
  const bottom = f64x2.lt(f64x2.sub(v128.or(r, one), one), f64x2.mul(z, lift));
  return v128.bitselect(i64x2.neg(bottom), i64x2.add(base, e), f64x2.lt(z, edge));
}

/** At most one block. */
function block32(n: i32, c_: f64, s: i32, x: usize, rng: usize, codes: usize): i32 {
  const bottom = min(s, 150);
  const base = i32x4.splat(s - 227);
  const edge = f32x4.splat(<f32>power(101 - bottom));
  const lift = f32x4.splat(<f32>power(bottom - 77));
  const scale = f32x4.splat(<f32>min(c_, <f64>f32.MAX_VALUE));
  const one = f32x4.splat(1);
  const magnitude = i32x4.splat(0x7fffffff);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  let sum = i32x4.splat(0);
  const end = x + ((<usize>(n >> 3)) << 5);
  for (; x < end; x += 32, codes += 16) {
    const v0 = v128.load(x);
    const v1 = v128.load(x, 16);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l0 = doubled32(f32x4.pmin(one, f32x4.mul(v128.and(v0, magnitude), scale)), t, base, edge, lift);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l1 = doubled32(f32x4.pmin(one, f32x4.mul(v128.and(v1, magnitude), scale)), t, base, edge, lift);
    const out = codes16(i16x8.narrow_i32x4_u(l0, l1), i16x8.narrow_i32x4_s(v0, v1));
    sum = zeros16(sum, out);
    v128.store(codes, out);
  }
  let count = (n & ~7) - total32(sum);
  for (let rest = n & 7; rest > 0; rest -= 4, x += 16) {
    const v = part32(x, rest);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l = doubled32(f32x4.pmin(one, f32x4.mul(v128.and(v, magnitude), scale)), t, base, edge, lift);
    let out = codes16(i16x8.narrow_i32x4_u(l, l), i16x8.narrow_i32x4_s(v, v));
    for (let i = min(rest, 4); i > 0; --i, codes += 2) {
      const code = i16x8.extract_lane_u(out, 0);
      store<u16>(codes, code);
      count += i32(code != 0);
      out = v128.shuffle<i16>(out, out, 1, 2, 3, 4, 5, 6, 7, 0);
    }
  }
  leave(rng, a, b, c, k, t);
  return count;
}

export function naturalDitherCodes_f32(n: i32, c: f64, s: i32, x: usize, rng: usize, codes: usize): i32 {
  let count = 0;
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    const rest = min(n - (b << 16), RNG_BLOCK);
    count += block32(rest, c, s, x + (from << 2), rngBlock(rng, b, 0), codes + (from << 1));
  }
  return count;
}

/** At most one block. */
function block64(n: i32, c_: f64, s: i32, x: usize, rng: usize, codes: usize): i32 {
  const bottom = min(s, 1075);
  const base = i64x2.splat(s - 1523);
  const edge = f64x2.splat(power(501 - bottom));
  const lift = f64x2.splat(power(bottom - 501));
  const scale = f64x2.splat(min(c_, f64.MAX_VALUE));
  const one = f64x2.splat(1);
  const magnitude = i64x2.splat(i64.MAX_VALUE);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  let count = 0;
  for (let rest = n; rest > 0; rest -= 4, x += 32, codes += 8) {
    const v0 = part64(x, rest);
    const v1 = part64(x + 16, rest - 2);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l0 = levels64(f64x2.pmin(one, f64x2.mul(v128.and(v0, magnitude), scale)), t, base, edge, lift);
    if (rest > 2) {
      t = draw(a, b, k);
      a = stirB(b);
      b = stirC(c);
      c = turnC(c, t);
      k = tick(k);
    }
    const l1 = levels64(f64x2.pmin(one, f64x2.mul(v128.and(v1, magnitude), scale)), t, base, edge, lift);
    const level = evens(l0, l1);
    const minus = v128.and(i32x4.shr_s(odds(v0, v1), 31), i32x4.gt_s(level, i32x4.splat(0)));
    let out = i32x4.sub(i32x4.shl(level, 1), minus);
    count += popcnt<i32>(i32x4.bitmask(i32x4.ne(out, i32x4.splat(0)))); // lanes past n hold x = 0: level 0
    if (rest >= 4) {
      v128.store_lane<u64>(codes, i16x8.narrow_i32x4_u(out, out), 0);
    } else {
      for (let i = 0; i < rest; ++i) {
        store<u16>(codes + ((<usize>i) << 1), i32x4.extract_lane(out, 0));
        out = v128.shuffle<i32>(out, out, 1, 2, 3, 0);
      }
    }
  }
  leave(rng, a, b, c, k, t);
  return count;
}

export function naturalDitherCodes_f64(n: i32, c: f64, s: i32, x: usize, rng: usize, codes: usize): i32 {
  let count = 0;
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    const rest = min(n - (b << 16), RNG_BLOCK);
    count += block64(rest, c, s, x + (from << 3), rngBlock(rng, b, 0), codes + (from << 1));
  }
  return count;
}

/** sign a 2^(level-s), rounded once: exact in f64 for j >= -400, below that it rounds to 0. */
function term32(code: u32, a: f32, s: i32): f32 {
  const product = <f32>(<f64>a * power(max(<i32>(code >> 1) - s, -400)));
  return code & 1 ? -product : product;
}

/** The same in f64. An intermediate product is inexact only if the result is 0 (below 2^-1075). */
function term64(code: u32, a: f64, s: i32): f64 {
  let j = <i32>(code >> 1) - s;
  let product = a;
  for (let i = 0; i < 2 && j < -1022; ++i, j += 969) product *= power(-969);
  product *= power(max(j, -1022));
  return code & 1 ? -product : product;
}

/** Four terms for s <= 127, codes in i32 lanes; level 0 gives -0, which changes no sum. */
function terms32(code: v128, a: v128, bias: v128): v128 {
  const level = i32x4.shr_u(code, 1);
  const product = f32x4.mul(a, i32x4.shl(i32x4.add(level, bias), 23));
  return v128.bitselect(f32x4.splat(-0.0), v128.xor(product, i32x4.shl(code, 31)), i32x4.eq(level, i32x4.splat(0)));
}

export function naturalCodesAdd_f32(n: i32, a: f64, s: i32, codes: usize, acc: usize): void {
  const single = <f32>a;
  let rest = n;
  if (s <= 127) {
    const value = f32x4.splat(single);
    const bias = i32x4.splat(127 - s);
    for (; rest >= 8; rest -= 8, acc += 32, codes += 16) {
      const c = v128.load(codes);
      const p0 = terms32(i32x4.extend_low_i16x8_u(c), value, bias);
      const p1 = terms32(i32x4.extend_high_i16x8_u(c), value, bias);
      v128.store(acc, f32x4.add(v128.load(acc), p0));
      v128.store(acc, f32x4.add(v128.load(acc, 16), p1), 16);
    }
  }
  for (; rest > 0; --rest, codes += 2, acc += 4) {
    const code: u32 = load<u16>(codes);
    if (code > 1) store<f32>(acc, load<f32>(acc) + term32(code, single, s));
  }
}

export function naturalCodesAdd_f64(n: i32, a: f64, s: i32, codes: usize, acc: usize): void {
  let rest = n;
  if (s <= 1023) {
    const value = f64x2.splat(a);
    const bias = i64x2.splat(1023 - s);
    for (; rest >= 2; rest -= 2, acc += 16, codes += 4) {
      const code = i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(v128.load_zero<u32>(codes)));
      const level = i64x2.shr_u(code, 1);
      const product = f64x2.mul(value, i64x2.shl(i64x2.add(level, bias), 52));
      const none = i64x2.eq(level, i64x2.splat(0));
      const term = v128.bitselect(f64x2.splat(-0.0), v128.xor(product, i64x2.shl(code, 63)), none);
      v128.store(acc, f64x2.add(v128.load(acc), term));
    }
  }
  for (; rest > 0; --rest, codes += 2, acc += 8) {
    const code: u32 = load<u16>(codes);
    if (code > 1) store<f64>(acc, load<f64>(acc) + term64(code, a, s));
  }
}
