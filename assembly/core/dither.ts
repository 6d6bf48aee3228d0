// Random dithering: signed levels as u16 codes, (level << 1) | minus.
//
// c is at most the largest finite number, so that x = 0 gives y = 0 also where s / norm overflows. y is clamped to s before
// rounding, which gives min(s, level) exactly, and lets y overflow (also to NaN: level s). An integer y never moves.
//
// f32, s <= 7: fixed point. With 2^E the power of two above s, y + 2^E holds y to the nearest multiple of 2^(E-23) in its
// low bits, to which as many random bits are added: the carry rounds. Off by at most 2^(E-24) of a level, that is by
// 2^-23 of the norm (a unit in the last place), with 4 instructions where a comparison takes 8: 0.45 against 0.55 ns.
// f32, s > 7, and f64: floor(y), y - floor(y) and the draw as a float are exact; the draw is compared with the fraction. y is
// below the 2^23 (2^52) whose addition puts an integer into the low mantissa bits.
//
// Whole blocks are drawn two in step (`pair`), so that the two generators' chains of dependent operations overlap. Their
// counters are equal, since block states keep the counter. In program order one block comes after the other: fewer
// values are alive, and the processor looks far enough ahead.

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

/** Four doubled levels as i32: y clamped, words t drawn; FIXED = E, or 0: by comparison. */
function doubled32<FIXED>(y: v128, t: v128): v128 {
  const e = changetype<FIXED>(0).bits();
  if (e > 0) {
    const y0 = f32x4.add(y, f32x4.splat(<f32>(1 << e)));
    return v128.and(i32x4.shr_u(i32x4.add(y0, i32x4.shr_u(t, 9 + e)), 22 - e), i32x4.splat((2 << e) - 2));
  }
  const whole = f32x4.floor(y);
  const part = f32x4.mul(f32x4.sub(y, whole), f32x4.splat(16777216.0)); // compared at the scale of the 24-bit draw
  const up = f32x4.lt(f32x4.convert_i32x4_s(i32x4.shr_u(t, 8)), part);
  const level = i32x4.sub(f32x4.add(whole, f32x4.splat(8388608.0)), up); // 0x4b00 in the high half, level in the low
  return i32x4.dot_i16x8_s(level, i32x4.splat(2));
}

/** E of `doubled32`, as a type so that shifts are constants. */
class Compared {
  bits(): i32 {
    return 0;
  }
}
class Fixed1 {
  bits(): i32 {
    return 1;
  }
}
class Fixed2 {
  bits(): i32 {
    return 2;
  }
}
class Fixed3 {
  bits(): i32 {
    return 3;
  }
}

/**
 * Two levels in the low halves of 64-bit lanes; the high halves are rubbish. 2^52 serves as magic number and as scale of
 * the draw: each constant more costs a register that the generator's chain needs (1.5 against 1.2 ns an element).
 */
function levels64(y: v128, t: v128): v128 {
  const magic = f64x2.splat(4503599627370496.0);
  const whole = f64x2.floor(y);
  const u = f64x2.sub(v128.or(i64x2.shr_u(t, 12), magic), magic);
  const up = f64x2.lt(u, f64x2.mul(f64x2.sub(y, whole), magic));
  return i64x2.sub(f64x2.add(whole, magic), up);
}

/** Eight codes from doubled levels and the sign-preserving narrowed elements. */
export function codes16(twice: v128, element: v128): v128 {
  return v128.or(twice, i16x8.min_u(i16x8.shr_u(element, 15), twice));
}

/** Adds the number of zero codes to four i32 counters. */
export function zeros16(sum: v128, codes: v128): v128 {
  const none = i16x8.eq(codes, i16x8.splat(0));
  return i32x4.add(sum, i32x4.dot_i16x8_s(none, none));
}

export function total32(sum: v128): i32 {
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}

/** At most one block. */
function block32<FIXED>(n: i32, scale: v128, top: v128, x: usize, rng: usize, codes: usize): i32 {
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
    const l0 = doubled32<FIXED>(f32x4.pmin(top, f32x4.mul(v128.and(v0, magnitude), scale)), t);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l1 = doubled32<FIXED>(f32x4.pmin(top, f32x4.mul(v128.and(v1, magnitude), scale)), t);
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
    const l = doubled32<FIXED>(f32x4.pmin(top, f32x4.mul(v128.and(v, magnitude), scale)), t);
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

/** Two whole blocks. */
function pair32<FIXED>(scale: v128, top: v128, x: usize, rng: usize, other: usize, codes: usize): i32 {
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let d = v128.load(other);
  let e = v128.load(other, RNG_B);
  let f = v128.load(other, RNG_C);
  let t = k;
  let none = i16x8.splat(0); // counts to 16384 at most
  const zero = i16x8.splat(0);
  const magnitude = i32x4.splat(0x7fffffff);
  const end = x + 262144;
  for (; x < end; x += 32, codes += 16) {
    const next = tick(k);
    const v0 = v128.load(x);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let l0 = doubled32<FIXED>(f32x4.pmin(top, f32x4.mul(v128.and(v0, magnitude), scale)), t);
    const v1 = v128.load(x, 16);
    t = draw(a, b, next);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let l1 = doubled32<FIXED>(f32x4.pmin(top, f32x4.mul(v128.and(v1, magnitude), scale)), t);
    const out0 = codes16(i16x8.narrow_i32x4_u(l0, l1), i16x8.narrow_i32x4_s(v0, v1));
    v128.store(codes, out0);
    none = i16x8.sub(none, i16x8.eq(out0, zero));
    const w0 = v128.load(x, 262144);
    t = draw(d, e, k);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    l0 = doubled32<FIXED>(f32x4.pmin(top, f32x4.mul(v128.and(w0, magnitude), scale)), t);
    const w1 = v128.load(x, 262160);
    t = draw(d, e, next);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    l1 = doubled32<FIXED>(f32x4.pmin(top, f32x4.mul(v128.and(w1, magnitude), scale)), t);
    const out1 = codes16(i16x8.narrow_i32x4_u(l0, l1), i16x8.narrow_i32x4_s(w0, w1));
    v128.store(codes, out1, 131072);
    none = i16x8.sub(none, i16x8.eq(out1, zero));
    k = tick(next);
  }
  leave(rng, a, b, c, k, t);
  return 131072 - total32(i32x4.extadd_pairwise_i16x8_u(none));
}

function codes32<FIXED>(n: i32, scale: v128, top: v128, x: usize, rng: usize, codes: usize): i32 {
  let count = 0;
  for (let b = lastBlock(n); b >= 0; --b) {
    const rest = n - (b << 16);
    const other = b & 1 && rest >= RNG_BLOCK ? rngBlock(rng, b--, 1) : 0;
    const state = rngBlock(rng, b, 0);
    const from = (<usize>b) << 16;
    count += other
      ? pair32<FIXED>(scale, top, x + (from << 2), state, other, codes + (from << 1))
      : block32<FIXED>(min(rest, RNG_BLOCK), scale, top, x + (from << 2), state, codes + (from << 1));
  }
  return count;
}

export function ditherCodes_f32(n: i32, c: f64, s: i32, x: usize, rng: usize, codes: usize): i32 {
  const scale = f32x4.splat(<f32>min(c, <f64>f32.MAX_VALUE));
  const top = f32x4.splat(<f32>s);
  if (s == 1) return codes32<Fixed1>(n, scale, top, x, rng, codes);
  if (s <= 3) return codes32<Fixed2>(n, scale, top, x, rng, codes);
  if (s <= 7) return codes32<Fixed3>(n, scale, top, x, rng, codes);
  return codes32<Compared>(n, scale, top, x, rng, codes);
}

/** At most one block. */
function block64(n: i32, scale: v128, top: v128, x: usize, rng: usize, codes: usize): i32 {
  const magnitude = i64x2.splat(i64.MAX_VALUE);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  let sum = i32x4.splat(0);
  const end = x + ((<usize>(n >> 2)) << 5);
  for (; x < end; x += 32, codes += 8) {
    const v0 = v128.load(x);
    const v1 = v128.load(x, 16);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l0 = levels64(f64x2.pmin(top, f64x2.mul(v128.and(v0, magnitude), scale)), t);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l1 = levels64(f64x2.pmin(top, f64x2.mul(v128.and(v1, magnitude), scale)), t);
    const level = evens(l0, l1);
    const minus = i32x4.min_u(i32x4.shr_u(odds(v0, v1), 31), level);
    const out = v128.or(i32x4.shl(level, 1), minus);
    sum = i32x4.add(sum, i32x4.min_u(level, i32x4.splat(1)));
    v128.store_lane<u64>(codes, i16x8.narrow_i32x4_u(out, out), 0);
  }
  let count = total32(sum);
  for (let rest = n & 3; rest > 0; rest -= 2, x += 16) {
    const v = part64(x, rest);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const l = levels64(f64x2.pmin(top, f64x2.mul(v128.and(v, magnitude), scale)), t);
    for (let i = 0; i < min(rest, 2); ++i, codes += 2) {
      const level = i ? i32x4.extract_lane(l, 2) : i32x4.extract_lane(l, 0);
      const high = i ? i32x4.extract_lane(v, 3) : i32x4.extract_lane(v, 1);
      store<u16>(codes, (level << 1) | i32(level > 0 && high < 0));
      count += i32(level > 0);
    }
  }
  leave(rng, a, b, c, k, t);
  return count;
}

/** Two whole blocks. */
function pair64(scale: v128, top: v128, x: usize, rng: usize, other: usize, codes: usize): i32 {
  const magnitude = i64x2.splat(i64.MAX_VALUE);
  const one = i32x4.splat(1);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let d = v128.load(other);
  let e = v128.load(other, RNG_B);
  let f = v128.load(other, RNG_C);
  let t = k;
  let sum = i32x4.splat(0);
  const end = x + 524288;
  for (; x < end; x += 32, codes += 8) {
    const next = tick(k);
    let v0 = v128.load(x);
    let u = draw(d, e, k);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let l0 = levels64(f64x2.pmin(top, f64x2.mul(v128.and(v0, magnitude), scale)), t);
    let v1 = v128.load(x, 16);
    t = draw(a, b, next);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let l1 = levels64(f64x2.pmin(top, f64x2.mul(v128.and(v1, magnitude), scale)), t);
    let level = evens(l0, l1);
    let minus = i32x4.min_u(i32x4.shr_u(odds(v0, v1), 31), level);
    let out = v128.or(i32x4.shl(level, 1), minus);
    sum = i32x4.add(sum, i32x4.min_u(level, one));
    v128.store_lane<u64>(codes, i16x8.narrow_i32x4_u(out, out), 0);
    v0 = v128.load(x, 524288);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, u);
    l0 = levels64(f64x2.pmin(top, f64x2.mul(v128.and(v0, magnitude), scale)), u);
    v1 = v128.load(x, 524304);
    u = draw(d, e, next);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, u);
    l1 = levels64(f64x2.pmin(top, f64x2.mul(v128.and(v1, magnitude), scale)), u);
    level = evens(l0, l1);
    minus = i32x4.min_u(i32x4.shr_u(odds(v0, v1), 31), level);
    out = v128.or(i32x4.shl(level, 1), minus);
    sum = i32x4.add(sum, i32x4.min_u(level, one));
    v128.store_lane<u64>(codes, i16x8.narrow_i32x4_u(out, out), 0, 131072);
    k = tick(next);
  }
  leave(rng, a, b, c, k, t);
  return total32(sum);
}

export function ditherCodes_f64(n: i32, c: f64, s: i32, x: usize, rng: usize, codes: usize): i32 {
  const scale = f64x2.splat(min(c, f64.MAX_VALUE));
  const top = f64x2.splat(<f64>s);
  let count = 0;
  for (let b = lastBlock(n); b >= 0; --b) {
    const rest = n - (b << 16);
    const other = b & 1 && rest >= RNG_BLOCK ? rngBlock(rng, b--, 1) : 0;
    const state = rngBlock(rng, b, 0);
    const from = (<usize>b) << 16;
    count += other
      ? pair64(scale, top, x + (from << 3), state, other, codes + (from << 1))
      : block64(min(rest, RNG_BLOCK), scale, top, x + (from << 3), state, codes + (from << 1));
  }
  return count;
}

/** Four products sign level a: codes in i32 lanes. */
function product32(code: v128, a: v128): v128 {
  const level = f32x4.convert_i32x4_s(i32x4.shr_u(code, 1));
  return v128.xor(f32x4.mul(level, a), i32x4.shl(code, 31));
}

/** Two products sign level a: codes in the two low i32 lanes. */
function product64(code: v128, a: v128): v128 {
  const level = f64x2.convert_low_i32x4_s(i32x4.shr_u(code, 1));
  const sign = v128.shuffle<i32>(i32x4.splat(0), i32x4.shl(code, 31), 0, 4, 1, 5);
  return v128.xor(f64x2.mul(level, a), sign);
}

export function codesAdd_f32(n: i32, a: f64, codes: usize, acc: usize): void {
  const value = f32x4.splat(<f32>a);
  const end = acc + ((<usize>(n >> 3)) << 5);
  for (; acc < end; acc += 32, codes += 16) {
    const c = v128.load(codes);
    const p0 = product32(i32x4.extend_low_i16x8_u(c), value);
    const p1 = product32(i32x4.extend_high_i16x8_u(c), value);
    v128.store(acc, f32x4.add(v128.load(acc), p0));
    v128.store(acc, f32x4.add(v128.load(acc, 16), p1), 16);
  }
  const single = <f32>a;
  for (let rest = n & 7; rest > 0; --rest, codes += 2, acc += 4) {
    store<f32>(acc, load<f32>(acc) + signed32(load<u16>(codes), single));
  }
}

export function codesAdd_f64(n: i32, a: f64, codes: usize, acc: usize): void {
  const value = f64x2.splat(a);
  const end = acc + ((<usize>(n >> 2)) << 5);
  for (; acc < end; acc += 32, codes += 8) {
    const c = v128.load_ext<u16>(codes);
    const p0 = product64(c, value);
    const p1 = product64(v128.shuffle<i64>(c, c, 1, 1), value);
    v128.store(acc, f64x2.add(v128.load(acc), p0));
    v128.store(acc, f64x2.add(v128.load(acc, 16), p1), 16);
  }
  for (let rest = n & 3; rest > 0; --rest, codes += 2, acc += 8) {
    store<f64>(acc, load<f64>(acc) + signed64(load<u16>(codes), a));
  }
}

function signed32(code: u32, a: f32): f32 {
  // a branch on the sign would be mispredicted every other time
  return reinterpret<f32>(reinterpret<u32>(<f32>(code >> 1) * a) ^ (code << 31));
}
function signed64(code: u32, a: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(<f64>(code >> 1) * a) ^ ((<u64>code) << 63));
}

export function codesScatterAdd_f32(k: i32, a: f64, codes: usize, indices: usize, acc: usize): void {
  const single = <f32>a;
  for (let i = 0; i < k; ++i, codes += 2, indices += 4) {
    const at = acc + ((<usize>load<u32>(indices)) << 2);
    store<f32>(at, load<f32>(at) + signed32(load<u16>(codes), single));
  }
}
export function codesScatterAdd_f64(k: i32, a: f64, codes: usize, indices: usize, acc: usize): void {
  for (let i = 0; i < k; ++i, codes += 2, indices += 4) {
    const at = acc + ((<usize>load<u32>(indices)) << 3);
    store<f64>(at, load<f64>(at) + signed64(load<u16>(codes), a));
  }
}
