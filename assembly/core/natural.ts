// Natural compression: sign and exponent, the exponent rounded up with probability mantissa / 2^(mantissa bits).
//
// With bits = E 2^23 + m and r the top 23 bits of the lane, E + [r < m] = ceil((bits - r) / 2^23): one subtraction and one
// arithmetic shift, subnormals included. An all-ones exponent stays visible as 255 or 256 (2047 or 2048), so the largest exponent
// met tells afterwards whether the input must be searched for a non-finite entry.

import { draw, evens, leave, odds, RNG_B, RNG_C, RNG_K, RNG_T, signBytes, stirB, stirC, tick, turnC } from "./lanes";
import { lastBlock, RNG_BLOCK, rngBlock } from "./random";

/** Four exponents, negated (-256..0). */
function rounded32(v: v128, t: v128, magnitude: v128): v128 {
  return i32x4.shr_s(i32x4.sub(i32x4.shr_u(t, 9), v128.and(v, magnitude)), 23);
}

/** Two exponents (0..2048) in 64-bit lanes. */
function rounded64(v: v128, t: v128, magnitude: v128): v128 {
  const below = i64x2.shr_u(v128.not(t), 12); // 2^52 - 1 - r
  return i64x2.shr_u(i64x2.add(v128.and(v, magnitude), below), 52);
}

function nonFinite32(n: i32, x: usize): i32 {
  for (let i = 0; i < n; ++i) {
    if ((load<u32>(x + ((<usize>i) << 2)) & 0x7fffffff) >= 0x7f800000) return i;
  }
  return -1;
}
function nonFinite64(n: i32, x: usize): i32 {
  for (let i = 0; i < n; ++i) {
    if ((load<u32>(x + ((<usize>i) << 3), 4) & 0x7fffffff) >= 0x7ff00000) return i;
  }
  return -1;
}

/** At most one block; whether an exponent was all ones. */
function block32(n: i32, x: usize, rng: usize, packed: usize, plane: usize): bool {
  const magnitude = i32x4.splat(0x7fffffff);
  const last = i8x16.splat(-2);
  let top = i32x4.splat(0);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  const end = x + ((<usize>(n >> 4)) << 6);
  for (; x < end; x += 64, packed += 2, plane += 16) {
    const v0 = v128.load(x);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e0 = rounded32(v0, t, magnitude);
    const v1 = v128.load(x, 16);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e1 = rounded32(v1, t, magnitude);
    const v2 = v128.load(x, 32);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e2 = rounded32(v2, t, magnitude);
    const v3 = v128.load(x, 48);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e3 = rounded32(v3, t, magnitude);
    const low = i16x8.abs(i16x8.narrow_i32x4_s(e0, e1));
    const e = i8x16.narrow_i16x8_u(low, i16x8.abs(i16x8.narrow_i32x4_s(e2, e3)));
    top = i8x16.max_u(top, e);
    v128.store(plane, i8x16.min_u(e, last));
    const signs = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(v0, v1), i16x8.narrow_i32x4_s(v2, v3));
    store<u16>(packed, i8x16.bitmask(v128.andnot(signs, i8x16.eq(e, i8x16.splat(0)))));
  }
  let high = v128.any_true(i8x16.eq(top, i8x16.splat(-1)));
  let signs: u32 = 0;
  const rest = n & 15;
  for (let i = 0; i < rest; ++i, x += 4) {
    if ((i & 3) == 0) {
      t = draw(a, b, k);
      a = stirB(b);
      b = stirC(c);
      c = turnC(c, t);
      k = tick(k);
      v128.store(rng, t, RNG_T);
    }
    const bits = load<u32>(x);
    const r = load<u32>(rng + ((<usize>i & 3) << 2), RNG_T) >> 9;
    const e = ((bits & 0x7fffffff) + (0x7fffff - r)) >> 23;
    high = high || e >= 255;
    store<u8>(plane + i, min<u32>(e, 254));
    if (e) signs |= (bits >> 31) << i;
  }
  if (rest) store<u8>(packed, signs);
  if (rest > 8) store<u8>(packed, signs >> 8, 1);
  leave(rng, a, b, c, k, t);
  return high;
}

/** Two whole blocks. */
function pair32(x: usize, rng: usize, other: usize, packed: usize, plane: usize): bool {
  const magnitude = i32x4.splat(0x7fffffff);
  const last = i8x16.splat(-2);
  const zero = i8x16.splat(0);
  let top = zero;
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let d = v128.load(other);
  let e = v128.load(other, RNG_B);
  let f = v128.load(other, RNG_C);
  let t = k;
  const end = x + 262144;
  for (; x < end; x += 64, packed += 2, plane += 16) {
    const k1 = tick(k);
    const k2 = tick(k1);
    const k3 = tick(k2);
    let v0 = v128.load(x);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e0 = rounded32(v0, t, magnitude);
    let v1 = v128.load(x, 16);
    t = draw(a, b, k1);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e1 = rounded32(v1, t, magnitude);
    let v2 = v128.load(x, 32);
    t = draw(a, b, k2);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e2 = rounded32(v2, t, magnitude);
    let v3 = v128.load(x, 48);
    t = draw(a, b, k3);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e3 = rounded32(v3, t, magnitude);
    let low = i16x8.abs(i16x8.narrow_i32x4_s(e0, e1));
    let exponents = i8x16.narrow_i16x8_u(low, i16x8.abs(i16x8.narrow_i32x4_s(e2, e3)));
    top = i8x16.max_u(top, exponents);
    v128.store(plane, i8x16.min_u(exponents, last));
    let signs = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(v0, v1), i16x8.narrow_i32x4_s(v2, v3));
    store<u16>(packed, i8x16.bitmask(v128.andnot(signs, i8x16.eq(exponents, zero))));
    v0 = v128.load(x, 262144);
    t = draw(d, e, k);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e0 = rounded32(v0, t, magnitude);
    v1 = v128.load(x, 262160);
    t = draw(d, e, k1);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e1 = rounded32(v1, t, magnitude);
    v2 = v128.load(x, 262176);
    t = draw(d, e, k2);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e2 = rounded32(v2, t, magnitude);
    v3 = v128.load(x, 262192);
    t = draw(d, e, k3);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e3 = rounded32(v3, t, magnitude);
    low = i16x8.abs(i16x8.narrow_i32x4_s(e0, e1));
    exponents = i8x16.narrow_i16x8_u(low, i16x8.abs(i16x8.narrow_i32x4_s(e2, e3)));
    top = i8x16.max_u(top, exponents);
    v128.store(plane, i8x16.min_u(exponents, last), 65536);
    signs = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(v0, v1), i16x8.narrow_i32x4_s(v2, v3));
    store<u16>(packed, i8x16.bitmask(v128.andnot(signs, i8x16.eq(exponents, zero))), 8192);
    k = tick(k3);
  }
  leave(rng, a, b, c, k, t);
  return v128.any_true(i8x16.eq(top, i8x16.splat(-1)));
}

/** Both planes given, so that a part of a vector can be encoded: whether an exponent was all ones. */
export function naturalPlanes_f32(n: i32, x: usize, rng: usize, packed: usize, plane: usize): bool {
  let high = false;
  for (let b = lastBlock(n); b >= 0; --b) {
    const rest = n - (b << 16);
    const other = b & 1 && rest >= RNG_BLOCK ? rngBlock(rng, b--, 1) : 0;
    const state = rngBlock(rng, b, 0);
    const from = (<usize>b) << 16;
    const met = other
      ? pair32(x + (from << 2), state, other, packed + (from >> 3), plane + from)
      : block32(min(rest, RNG_BLOCK), x + (from << 2), state, packed + (from >> 3), plane + from);
    high = high || met;
  }
  return high;
}

export function naturalEncode_f32(n: i32, x: usize, rng: usize, packed: usize): i32 {
  return naturalPlanes_f32(n, x, rng, packed, packed + ((<usize>n + 7) >> 3)) ? nonFinite32(n, x) : -1;
}

/** At most one block; whether an exponent was all ones. */
function block64(n: i32, x: usize, rng: usize, packed: usize, plane: usize): bool {
  const magnitude = i64x2.splat(i64.MAX_VALUE);
  let top = i32x4.splat(0);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  const end = x + ((<usize>(n >> 3)) << 6);
  for (; x < end; x += 64, packed += 8, plane += 4) {
    const v0 = v128.load(x);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e0 = rounded64(v0, t, magnitude);
    const v1 = v128.load(x, 16);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e1 = rounded64(v1, t, magnitude);
    const v2 = v128.load(x, 32);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e2 = rounded64(v2, t, magnitude);
    const v3 = v128.load(x, 48);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const e3 = rounded64(v3, t, magnitude);
    let e = i16x8.narrow_i32x4_u(evens(e0, e1), evens(e2, e3));
    top = i16x8.max_u(top, e);
    e = i16x8.min_u(e, i16x8.splat(2046));
    const bytes = v128.and(e, i16x8.splat(255));
    v128.store_lane<u64>(packed, i8x16.narrow_i16x8_u(bytes, bytes), 0);
    const signs = v128.andnot(i16x8.narrow_i32x4_s(odds(v0, v1), odds(v2, v3)), i16x8.eq(e, i16x8.splat(0)));
    const nibbles = v128.or(i16x8.shr_u(e, 8), i16x8.shl(i16x8.shr_u(signs, 15), 3));
    const pairs = v128.and(v128.or(nibbles, i32x4.shr_u(nibbles, 12)), i32x4.splat(255));
    const halves = i16x8.narrow_i32x4_u(pairs, pairs);
    v128.store_lane<u32>(plane, i8x16.narrow_i16x8_u(halves, halves), 0);
  }
  let high = v128.any_true(i16x8.ge_u(top, i16x8.splat(2047)));
  let nibble: u32 = 0;
  for (let i = 0; i < (n & 7); ++i, x += 8) {
    if ((i & 1) == 0) {
      t = draw(a, b, k);
      a = stirB(b);
      b = stirC(c);
      c = turnC(c, t);
      k = tick(k);
      v128.store(rng, t, RNG_T);
      nibble = 0;
    }
    const bits = load<u64>(x);
    const r = load<u64>(rng + ((<usize>i & 1) << 3), RNG_T) >> 12;
    let e = <u32>(((bits & <u64>i64.MAX_VALUE) + (0xfffffffffffff - r)) >> 52);
    high = high || e >= 2047;
    e = min<u32>(e, 2046);
    store<u8>(packed + i, e);
    nibble |= ((e >> 8) | (e ? (<u32>(bits >> 63)) << 3 : 0)) << ((i & 1) << 2);
    store<u8>(plane + (i >> 1), nibble);
  }
  leave(rng, a, b, c, k, t);
  return high;
}

/** Two whole blocks. */
function pair64(x: usize, rng: usize, other: usize, packed: usize, plane: usize): bool {
  const magnitude = i64x2.splat(i64.MAX_VALUE);
  const last = i16x8.splat(2046);
  const byte = i16x8.splat(255);
  const zero = i16x8.splat(0);
  let top = zero;
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let d = v128.load(other);
  let e = v128.load(other, RNG_B);
  let f = v128.load(other, RNG_C);
  let t = k;
  const end = x + 524288;
  for (; x < end; x += 64, packed += 8, plane += 4) {
    const k1 = tick(k);
    const k2 = tick(k1);
    const k3 = tick(k2);
    let v0 = v128.load(x);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e0 = rounded64(v0, t, magnitude);
    let v1 = v128.load(x, 16);
    t = draw(a, b, k1);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e1 = rounded64(v1, t, magnitude);
    let v2 = v128.load(x, 32);
    t = draw(a, b, k2);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e2 = rounded64(v2, t, magnitude);
    let v3 = v128.load(x, 48);
    t = draw(a, b, k3);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    let e3 = rounded64(v3, t, magnitude);
    let exponents = i16x8.narrow_i32x4_u(evens(e0, e1), evens(e2, e3));
    top = i16x8.max_u(top, exponents);
    exponents = i16x8.min_u(exponents, last);
    let bytes = v128.and(exponents, byte);
    v128.store_lane<u64>(packed, i8x16.narrow_i16x8_u(bytes, bytes), 0);
    let signs = v128.andnot(i16x8.narrow_i32x4_s(odds(v0, v1), odds(v2, v3)), i16x8.eq(exponents, zero));
    let nibbles = v128.or(i16x8.shr_u(exponents, 8), i16x8.shl(i16x8.shr_u(signs, 15), 3));
    let pairs = v128.and(v128.or(nibbles, i32x4.shr_u(nibbles, 12)), i32x4.splat(255));
    let halves = i16x8.narrow_i32x4_u(pairs, pairs);
    v128.store_lane<u32>(plane, i8x16.narrow_i16x8_u(halves, halves), 0);
    v0 = v128.load(x, 524288);
    t = draw(d, e, k);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e0 = rounded64(v0, t, magnitude);
    v1 = v128.load(x, 524304);
    t = draw(d, e, k1);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e1 = rounded64(v1, t, magnitude);
    v2 = v128.load(x, 524320);
    t = draw(d, e, k2);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e2 = rounded64(v2, t, magnitude);
    v3 = v128.load(x, 524336);
    t = draw(d, e, k3);
    d = stirB(e);
    e = stirC(f);
    f = turnC(f, t);
    e3 = rounded64(v3, t, magnitude);
    exponents = i16x8.narrow_i32x4_u(evens(e0, e1), evens(e2, e3));
    top = i16x8.max_u(top, exponents);
    exponents = i16x8.min_u(exponents, last);
    bytes = v128.and(exponents, byte);
    v128.store_lane<u64>(packed, i8x16.narrow_i16x8_u(bytes, bytes), 0, 65536);
    signs = v128.andnot(i16x8.narrow_i32x4_s(odds(v0, v1), odds(v2, v3)), i16x8.eq(exponents, zero));
    nibbles = v128.or(i16x8.shr_u(exponents, 8), i16x8.shl(i16x8.shr_u(signs, 15), 3));
    pairs = v128.and(v128.or(nibbles, i32x4.shr_u(nibbles, 12)), i32x4.splat(255));
    halves = i16x8.narrow_i32x4_u(pairs, pairs);
    v128.store_lane<u32>(plane, i8x16.narrow_i16x8_u(halves, halves), 0, 32768);
    k = tick(k3);
  }
  leave(rng, a, b, c, k, t);
  return v128.any_true(i16x8.ge_u(top, i16x8.splat(2047)));
}

/** Both planes given, so that a part of a vector can be encoded: whether an exponent was all ones. */
export function naturalPlanes_f64(n: i32, x: usize, rng: usize, packed: usize, plane: usize): bool {
  let high = false;
  for (let b = lastBlock(n); b >= 0; --b) {
    const rest = n - (b << 16);
    const other = b & 1 && rest >= RNG_BLOCK ? rngBlock(rng, b--, 1) : 0;
    const state = rngBlock(rng, b, 0);
    const from = (<usize>b) << 16;
    const met = other
      ? pair64(x + (from << 3), state, other, packed + from, plane + (from >> 1))
      : block64(min(rest, RNG_BLOCK), x + (from << 3), state, packed + from, plane + (from >> 1));
    high = high || met;
  }
  return high;
}

export function naturalEncode_f64(n: i32, x: usize, rng: usize, packed: usize): i32 {
  return naturalPlanes_f64(n, x, rng, packed, packed + <usize>n) ? nonFinite64(n, x) : -1;
}

/** Four values from eight 16-bit words (sign, exponent, seven zeros). */
function low32(w: v128): v128 {
  return v128.shuffle<i16>(i32x4.splat(0), w, 0, 8, 1, 9, 2, 10, 3, 11);
}
function high32(w: v128): v128 {
  return v128.shuffle<i16>(i32x4.splat(0), w, 4, 12, 5, 13, 6, 14, 7, 15);
}

export function naturalAdd_f32(n: i32, a: f64, packed: usize, acc: usize): void {
  const value = f32x4.splat(<f32>a);
  const zero = i32x4.splat(0);
  let plane = packed + ((<usize>n + 7) >> 3);
  const end = acc + ((<usize>(n >> 4)) << 6);
  for (; acc < end; acc += 64, packed += 2, plane += 16) {
    const e = v128.load(plane);
    const s = signBytes(load<u16>(packed));
    const sl = v128.shuffle<i8>(zero, s, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const sh = v128.shuffle<i8>(zero, s, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const wl = v128.or(i16x8.shl(i16x8.extend_low_i8x16_u(e), 7), sl);
    const wh = v128.or(i16x8.shl(i16x8.extend_high_i8x16_u(e), 7), sh);
    v128.store(acc, f32x4.add(v128.load(acc), f32x4.mul(value, low32(wl))));
    v128.store(acc, f32x4.add(v128.load(acc, 16), f32x4.mul(value, high32(wl))), 16);
    v128.store(acc, f32x4.add(v128.load(acc, 32), f32x4.mul(value, low32(wh))), 32);
    v128.store(acc, f32x4.add(v128.load(acc, 48), f32x4.mul(value, high32(wh))), 48);
  }
  const single = <f32>a;
  for (let i = 0; i < (n & 15); ++i, acc += 4) {
    const minus = (<u32>load<u8>(packed + (i >> 3)) >> (i & 7)) & 1;
    const v = reinterpret<f32>((minus << 31) | ((<u32>load<u8>(plane + i)) << 23));
    store<f32>(acc, load<f32>(acc) + single * v);
  }
}

export function naturalAdd_f64(n: i32, a: f64, packed: usize, acc: usize): void {
  const value = f64x2.splat(a);
  let plane = packed + <usize>n;
  const end = acc + ((<usize>(n >> 3)) << 6);
  for (; acc < end; acc += 64, packed += 8, plane += 4) {
    const e = v128.load_ext<u8>(packed);
    // nibble pairs to 16-bit lanes: low nibble, then high nibble
    const pair = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load_zero<u32>(plane)));
    const nibbles = v128.or(pair, i32x4.shl(pair, 12));
    const w = i16x8.shl(v128.or(i16x8.shl(nibbles, 8), e), 4); // the shifts drop what lies above the nibble
    const f0 = i8x16.swizzle(w, i8x16(-1, -1, -1, -1, -1, -1, 0, 1, -1, -1, -1, -1, -1, -1, 2, 3));
    const f1 = i8x16.swizzle(w, i8x16(-1, -1, -1, -1, -1, -1, 4, 5, -1, -1, -1, -1, -1, -1, 6, 7));
    const f2 = i8x16.swizzle(w, i8x16(-1, -1, -1, -1, -1, -1, 8, 9, -1, -1, -1, -1, -1, -1, 10, 11));
    const f3 = i8x16.swizzle(w, i8x16(-1, -1, -1, -1, -1, -1, 12, 13, -1, -1, -1, -1, -1, -1, 14, 15));
    v128.store(acc, f64x2.add(v128.load(acc), f64x2.mul(value, f0)));
    v128.store(acc, f64x2.add(v128.load(acc, 16), f64x2.mul(value, f1)), 16);
    v128.store(acc, f64x2.add(v128.load(acc, 32), f64x2.mul(value, f2)), 32);
    v128.store(acc, f64x2.add(v128.load(acc, 48), f64x2.mul(value, f3)), 48);
  }
  for (let i = 0; i < (n & 7); ++i, acc += 8) {
    const nibble = (<u64>load<u8>(plane + (i >> 1)) >> ((i & 1) << 2)) & 15;
    const v = reinterpret<f64>((nibble << 60) | ((<u64>load<u8>(packed + i)) << 52));
    store<f64>(acc, load<f64>(acc) + a * v);
  }
}

/** Where an exponent of 0 has a set sign: C(x) is never -0. */
function negativeZeros(e: v128, signs: u32): v128 {
  return v128.and(i8x16.eq(e, i8x16.splat(0)), signBytes(signs));
}

export function naturalValid_f32(n: i32, packed: usize): i32 {
  let plane = packed + ((<usize>n + 7) >> 3);
  const end = plane + <usize>(n & ~15);
  const blocks = plane + <usize>(n & ~63);
  let faults = i32x4.splat(0);
  let most = i8x16.splat(0);
  for (; plane < blocks; plane += 64, packed += 8) {
    const a = v128.load(plane);
    const b = v128.load(plane, 16);
    const c = v128.load(plane, 32);
    const d = v128.load(plane, 48);
    most = i8x16.max_u(most, i8x16.max_u(i8x16.max_u(a, b), i8x16.max_u(c, d)));
    if (i8x16.all_true(i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d)))) continue; // no zeros: the signs are free
    faults = v128.or(faults, v128.or(negativeZeros(a, load<u16>(packed)), negativeZeros(b, load<u16>(packed, 2))));
    faults = v128.or(faults, v128.or(negativeZeros(c, load<u16>(packed, 4)), negativeZeros(d, load<u16>(packed, 6))));
  }
  for (; plane < end; plane += 16, packed += 2) {
    const e = v128.load(plane);
    most = i8x16.max_u(most, e);
    faults = v128.or(faults, negativeZeros(e, load<u16>(packed)));
  }
  let bad = v128.any_true(v128.or(faults, i8x16.eq(most, i8x16.splat(-1))));
  const rest = n & 15;
  let signs: u32 = rest ? load<u8>(packed) : 0;
  if (rest > 8) signs |= (<u32>load<u8>(packed, 1)) << 8;
  for (let i = 0; i < rest; ++i, signs >>= 1) {
    const e = load<u8>(plane + i);
    bad = bad || e == 255 || (e == 0 && (signs & 1) != 0);
  }
  return i32(!bad && signs == 0);
}

export function naturalValid_f64(n: i32, packed: usize): i32 {
  let plane = packed + <usize>n;
  const end = packed + <usize>(n & ~15);
  let faults = i32x4.splat(0);
  for (; packed < end; packed += 16, plane += 8) {
    const e = v128.load(packed);
    const pair = v128.load_ext<u8>(plane);
    const nibbles = v128.and(v128.or(pair, i16x8.shl(pair, 4)), i8x16.splat(15));
    const ones = v128.and(i8x16.eq(e, i8x16.splat(-1)), i8x16.eq(v128.and(nibbles, i8x16.splat(7)), i8x16.splat(7)));
    const zero = v128.and(i8x16.eq(e, i8x16.splat(0)), i8x16.eq(nibbles, i8x16.splat(8)));
    faults = v128.or(faults, v128.or(ones, zero));
  }
  let bad = v128.any_true(faults);
  for (let i = 0; i < (n & 15); ++i) {
    const e = load<u8>(packed + i);
    const nibble = (<u32>load<u8>(plane + (i >> 1)) >> ((i & 1) << 2)) & 15;
    bad = bad || (e == 255 && (nibble & 7) == 7) || (e == 0 && nibble == 8);
  }
  if (n & 1) bad = bad || load<u8>(plane + ((n & 15) >> 1)) >> 4 != 0;
  return i32(!bad);
}
