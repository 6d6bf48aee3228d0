// Sign planes: one bit an element, least significant first, 1 = minus.
//
// signEncode sums |x_i| on the way, in the order of norm1 (bindings/kernels.ts): f32, sixteen f32 lanes over a block of 256,
// folded into an f64 total block by block; f64, eight lanes over a chunk of 2^16, folded at its end. Totals of chunks are added.

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
  signBytes,
  stirB,
  stirC,
  tick,
  turnC,
} from "./lanes";
import { lastBlock, RNG_BLOCK, rngBlock } from "./random";

const CHUNK = 65536;

/** 16 bits from four vectors of 32-bit masks. */
function bits16(m0: v128, m1: v128, m2: v128, m3: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)));
}

/** 8 bits from four vectors of 64-bit masks. */
function bits8(m0: v128, m1: v128, m2: v128, m3: v128): i32 {
  return i16x8.bitmask(i16x8.narrow_i32x4_s(evens(m0, m1), evens(m2, m3)));
}

/** Stores the ceil(count / 8) low bytes of bits, count <= 16. */
function storeBits(packed: usize, bits: i32, count: i32): void {
  if (count > 0) store<u8>(packed, bits);
  if (count > 8) store<u8>(packed, bits >> 8, 1);
}

/** The 16 f32 lanes of a block, folded as the contract says. */
function fold16(s0: v128, s1: v128, s2: v128, s3: v128): f64 {
  const q = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return (
    <f64>f32x4.extract_lane(q, 0) +
    <f64>f32x4.extract_lane(q, 1) +
    (<f64>f32x4.extract_lane(q, 2) + <f64>f32x4.extract_lane(q, 3))
  );
}

export function signEncode_f32(n: i32, x: usize, packed: usize): f64 {
  let total: f64 = 0;
  for (; n > CHUNK; n -= CHUNK, x += CHUNK << 2, packed += CHUNK >> 3) total += chunk32(CHUNK, x, packed);
  return total + chunk32(n, x, packed);
}

function chunk32(n: i32, x: usize, packed: usize): f64 {
  const zero = f32x4.splat(0);
  const magnitude = i32x4.splat(0x7fffffff);
  let total: f64 = 0;
  let left = n;
  while (left > 0) {
    let s0 = zero;
    let s1 = zero;
    let s2 = zero;
    let s3 = zero;
    const block = min(left, 256);
    const end = x + ((<usize>(block >> 4)) << 6);
    for (; x < end; x += 64, packed += 2) {
      const v0 = v128.load(x);
      const v1 = v128.load(x, 16);
      const v2 = v128.load(x, 32);
      const v3 = v128.load(x, 48);
      s0 = f32x4.add(s0, v128.and(v0, magnitude));
      s1 = f32x4.add(s1, v128.and(v1, magnitude));
      s2 = f32x4.add(s2, v128.and(v2, magnitude));
      s3 = f32x4.add(s3, v128.and(v3, magnitude));
      store<u16>(packed, bits16(f32x4.lt(v0, zero), f32x4.lt(v1, zero), f32x4.lt(v2, zero), f32x4.lt(v3, zero)));
    }
    const rest = block & 15;
    if (rest) {
      const v0 = part32(x, rest);
      const v1 = part32(x + 16, rest - 4);
      const v2 = part32(x + 32, rest - 8);
      const v3 = part32(x + 48, rest - 12);
      s0 = f32x4.add(s0, v128.and(v0, magnitude));
      s1 = f32x4.add(s1, v128.and(v1, magnitude));
      s2 = f32x4.add(s2, v128.and(v2, magnitude));
      s3 = f32x4.add(s3, v128.and(v3, magnitude));
      const bits = bits16(f32x4.lt(v0, zero), f32x4.lt(v1, zero), f32x4.lt(v2, zero), f32x4.lt(v3, zero));
      storeBits(packed, bits, rest);
    }
    total += fold16(s0, s1, s2, s3);
    left -= block;
  }
  return total;
}

export function signEncode_f64(n: i32, x: usize, packed: usize): f64 {
  let total: f64 = 0;
  for (; n > CHUNK; n -= CHUNK, x += CHUNK << 3, packed += CHUNK >> 3) total += chunk64(CHUNK, x, packed);
  return total + chunk64(n, x, packed);
}

function chunk64(n: i32, x: usize, packed: usize): f64 {
  const zero = f64x2.splat(0);
  const magnitude = i64x2.splat(i64.MAX_VALUE);
  let s0 = zero;
  let s1 = zero;
  let s2 = zero;
  let s3 = zero;
  const end = x + ((<usize>(n >> 3)) << 6);
  for (; x < end; x += 64, ++packed) {
    const v0 = v128.load(x);
    const v1 = v128.load(x, 16);
    const v2 = v128.load(x, 32);
    const v3 = v128.load(x, 48);
    s0 = f64x2.add(s0, v128.and(v0, magnitude));
    s1 = f64x2.add(s1, v128.and(v1, magnitude));
    s2 = f64x2.add(s2, v128.and(v2, magnitude));
    s3 = f64x2.add(s3, v128.and(v3, magnitude));
    store<u8>(packed, bits8(f64x2.lt(v0, zero), f64x2.lt(v1, zero), f64x2.lt(v2, zero), f64x2.lt(v3, zero)));
  }
  const rest = n & 7;
  if (rest) {
    const v0 = part64(x, rest);
    const v1 = part64(x + 16, rest - 2);
    const v2 = part64(x + 32, rest - 4);
    const v3 = part64(x + 48, rest - 6);
    s0 = f64x2.add(s0, v128.and(v0, magnitude));
    s1 = f64x2.add(s1, v128.and(v1, magnitude));
    s2 = f64x2.add(s2, v128.and(v2, magnitude));
    s3 = f64x2.add(s3, v128.and(v3, magnitude));
    store<u8>(packed, bits8(f64x2.lt(v0, zero), f64x2.lt(v1, zero), f64x2.lt(v2, zero), f64x2.lt(v3, zero)));
  }
  const q = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  return f64x2.extract_lane(q, 0) + f64x2.extract_lane(q, 1);
}

export function signAdd_f32(n: i32, a: f64, packed: usize, acc: usize): void {
  const value = f32x4.splat(<f32>a);
  const end = acc + ((<usize>(n >> 4)) << 6);
  for (; acc < end; acc += 64, packed += 2) {
    const s = signBytes(load<u16>(packed));
    // each sign byte to the top of its 32-bit lane; index 16 and above gives 0
    const f0 = i8x16.swizzle(s, i8x16(-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3));
    const f1 = i8x16.swizzle(s, i8x16(-1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, 6, -1, -1, -1, 7));
    const f2 = i8x16.swizzle(s, i8x16(-1, -1, -1, 8, -1, -1, -1, 9, -1, -1, -1, 10, -1, -1, -1, 11));
    const f3 = i8x16.swizzle(s, i8x16(-1, -1, -1, 12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1, 15));
    v128.store(acc, f32x4.add(v128.load(acc), v128.xor(value, f0)));
    v128.store(acc, f32x4.add(v128.load(acc, 16), v128.xor(value, f1)), 16);
    v128.store(acc, f32x4.add(v128.load(acc, 32), v128.xor(value, f2)), 32);
    v128.store(acc, f32x4.add(v128.load(acc, 48), v128.xor(value, f3)), 48);
  }
  const single = <f32>a;
  for (let i = 0; i < (n & 15); ++i, acc += 4) {
    const minus = (<u32>load<u8>(packed + (i >> 3)) >> (i & 7)) & 1;
    store<f32>(acc, load<f32>(acc) + (minus ? -single : single));
  }
}

export function signAdd_f64(n: i32, a: f64, packed: usize, acc: usize): void {
  const value = f64x2.splat(a);
  const end = acc + ((<usize>(n >> 3)) << 6);
  for (; acc < end; acc += 64, ++packed) {
    const s = signBytes(load<u8>(packed));
    const f0 = i8x16.swizzle(s, i8x16(-1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1, 1));
    const f1 = i8x16.swizzle(s, i8x16(-1, -1, -1, -1, -1, -1, -1, 2, -1, -1, -1, -1, -1, -1, -1, 3));
    const f2 = i8x16.swizzle(s, i8x16(-1, -1, -1, -1, -1, -1, -1, 4, -1, -1, -1, -1, -1, -1, -1, 5));
    const f3 = i8x16.swizzle(s, i8x16(-1, -1, -1, -1, -1, -1, -1, 6, -1, -1, -1, -1, -1, -1, -1, 7));
    v128.store(acc, f64x2.add(v128.load(acc), v128.xor(value, f0)));
    v128.store(acc, f64x2.add(v128.load(acc, 16), v128.xor(value, f1)), 16);
    v128.store(acc, f64x2.add(v128.load(acc, 32), v128.xor(value, f2)), 32);
    v128.store(acc, f64x2.add(v128.load(acc, 48), v128.xor(value, f3)), 48);
  }
  for (let i = 0; i < (n & 7); ++i, acc += 8) {
    const minus = (<u32>load<u8>(packed) >> i) & 1;
    store<f64>(acc, load<f64>(acc) + (minus ? -a : a));
  }
}

// Stochastic sign. With P = 2^clamp(-floor(lg norm)) and c = 0.5 / (norm P), both 1/2 + x c P and the draw are scaled
// (f32: by 2^24, exactly) or shifted (f64: by 1) so that the draw needs no arithmetic:
//   f32: minus iff (r >>> 8) >= 2^23 + (x P) (c 2^24)
//   f64: minus iff 1 + (r >>> 12) 2^-52 >= 1.5 + (x P) c
// every operation rounded to the type. P keeps norms outside the range of f32 and subnormal ones exact enough.
// Probabilities outside [0, 1] need no clamp: the draw is below 1 and not below 0.

function exponentOf(norm: f64): i32 {
  return <i32>(reinterpret<u64>(norm) >> 52) - 1023;
}
function power(exponent: i32): f64 {
  return reinterpret<f64>((<u64>(exponent + 1023)) << 52);
}

/** At most one block. */
function stochastic32(n: i32, x: usize, norm: f64, rng: usize, packed: usize): void {
  const scale = power(min(max(-exponentOf(norm), -126), 126));
  const p = f32x4.splat(<f32>scale);
  const q = f32x4.splat(<f32>((0.5 / (norm * scale)) * 16777216.0));
  const half = f32x4.splat(8388608.0);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  const end = x + ((<usize>(n >> 3)) << 5);
  for (; x < end; x += 32, ++packed) {
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const p0 = f32x4.add(half, f32x4.mul(f32x4.mul(v128.load(x), p), q));
    const m0 = f32x4.ge(f32x4.convert_i32x4_s(i32x4.shr_u(t, 8)), p0);
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const p1 = f32x4.add(half, f32x4.mul(f32x4.mul(v128.load(x, 16), p), q));
    const m1 = f32x4.ge(f32x4.convert_i32x4_s(i32x4.shr_u(t, 8)), p1);
    store<u8>(packed, i32x4.bitmask(m0) | (i32x4.bitmask(m1) << 4));
  }
  const rest = n & 7;
  let bits = 0;
  for (let i = 0; i < rest; i += 4) {
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    const p0 = f32x4.add(half, f32x4.mul(f32x4.mul(part32(x + ((<usize>i) << 2), rest - i), p), q));
    bits |= i32x4.bitmask(f32x4.ge(f32x4.convert_i32x4_s(i32x4.shr_u(t, 8)), p0)) << i;
  }
  if (rest) store<u8>(packed, bits & ((1 << rest) - 1));
  leave(rng, a, b, c, k, t);
}

export function stochasticSignEncode_f32(n: i32, x: usize, norm: f64, rng: usize, packed: usize): void {
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    stochastic32(min(n - (b << 16), RNG_BLOCK), x + (from << 2), norm, rngBlock(rng, b, 0), packed + (from >> 3));
  }
}

/** At most one block. */
function stochastic64(n: i32, x: usize, norm: f64, rng: usize, packed: usize): void {
  const scale = power(min(max(-exponentOf(norm), -1022), 1022));
  const p = f64x2.splat(scale);
  const q = f64x2.splat(0.5 / (norm * scale));
  const half = f64x2.splat(1.5);
  const one = i64x2.splat(0x3ff0000000000000);
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  for (let i = 0; i < n; i += 8, x += 64, ++packed) {
    const count = min(n - i, 8);
    let bits = 0;
    for (let j = 0; j < count; j += 2) {
      t = draw(a, b, k);
      a = stirB(b);
      b = stirC(c);
      c = turnC(c, t);
      k = tick(k);
      const v = part64(x + ((<usize>j) << 3), count - j);
      const up = f64x2.add(half, f64x2.mul(f64x2.mul(v, p), q));
      bits |= i64x2.bitmask(f64x2.ge(v128.or(i64x2.shr_u(t, 12), one), up)) << j;
    }
    store<u8>(packed, bits & ((1 << count) - 1));
  }
  leave(rng, a, b, c, k, t);
}

export function stochasticSignEncode_f64(n: i32, x: usize, norm: f64, rng: usize, packed: usize): void {
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    stochastic64(min(n - (b << 16), RNG_BLOCK), x + (from << 3), norm, rngBlock(rng, b, 0), packed + (from >> 3));
  }
}
