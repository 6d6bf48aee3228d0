// 16-bit floats: fp16 (5 exponent bits, 10 mantissa bits; half = 1) and bf16 (8 and 7; half = 0). Magnitudes above the
// largest finite number go to it, zeros lose their sign.
//
// f32 works on bit patterns: rounding is one addition to the bits and a shift, the carry moves into the exponent. Below
// 2^-14 fp16 is a fixed-point format, rounded by adding 1/2 (whose last place is 2^-24). The scalar form, for f64 and for tails,
// counts units of the last place and gives the same codes.

import { fractionAt } from "./grid";
import { draw, leave, RNG_B, RNG_C, RNG_K, RNG_T, stirB, stirC, tick, turnC } from "./lanes";
import { lastBlock, RNG_BLOCK, rngBlock } from "./random";

function power(exponent: i32): f64 {
  return reinterpret<f64>((<u64>(exponent + 1023)) << 52);
}

/** Code of one number; u in [0, 1) rounds at random, u < 0 to the nearest, ties to even. */
function encodeOne(v: f64, half: i32, u: f64): u32 {
  const mantissa = half ? 10 : 7;
  const first = half ? -14 : -126;
  const size = abs(v);
  const e = max(<i32>(reinterpret<u64>(size) >> 52) - 1023, first);
  if (e > 127) return (v < 0 ? 0x8000 : 0) | (half ? 0x7bff : 0x7f7f);
  const y = size * power(mantissa - e);
  const whole = floor(y);
  const units = u < 0 ? nearest(y) : whole + (u < y - whole ? 1.0 : 0.0);
  const code = min<u32>(((e - first) << mantissa) + <i32>units, half ? 0x7bff : 0x7f7f);
  return code | (v < 0 && code > 0 ? 0x8000 : 0);
}

function decodeOne(code: u32, half: i32): f32 {
  const value = half
    ? reinterpret<f32>((code & 0x7fff) << 13) * <f32>5.192296858534828e33
    : reinterpret<f32>((code & 0x7fff) << 16);
  return code & 0x8000 ? -value : value;
}

/** Clamped, rounded codes of four magnitudes given as bits; r = 0xffffffff where rounding is to the nearest. */
function half4(bits: v128): v128 {
  const low = i32x4.lt_u(bits, i32x4.splat(0x38800000));
  const odd = v128.and(i32x4.shr_u(bits, 13), i32x4.splat(1));
  const normal = i32x4.sub(
    i32x4.shr_u(i32x4.add(i32x4.add(bits, i32x4.splat(0xfff)), odd), 13),
    i32x4.splat(112 << 10),
  );
  const tiny = i32x4.sub(f32x4.add(bits, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  return v128.bitselect(tiny, normal, low);
}

function half4Drawn(bits: v128, t: v128): v128 {
  const low = i32x4.lt_u(bits, i32x4.splat(0x38800000));
  const room = i32x4.sub(i32x4.splat(0x1fff), i32x4.shr_u(t, 19));
  const normal = i32x4.sub(i32x4.shr_u(i32x4.add(bits, room), 13), i32x4.splat(112 << 10));
  // larger magnitudes are not meant here, but must convert without overflow
  const y = f32x4.mul(f32x4.pmin(f32x4.splat(1), bits), f32x4.splat(16777216.0));
  const whole = f32x4.floor(y);
  const part = f32x4.mul(f32x4.sub(y, whole), f32x4.splat(16777216.0));
  const up = f32x4.lt(f32x4.convert_i32x4_s(i32x4.shr_u(t, 8)), part);
  return v128.bitselect(i32x4.sub(i32x4.trunc_sat_f32x4_s(whole), up), normal, low);
}

function signs4(code: v128, v: v128): v128 {
  const minus = v128.and(i32x4.shr_u(v, 16), i32x4.splat(0x8000));
  return v128.or(code, v128.and(minus, i32x4.ne(code, i32x4.splat(0))));
}

function near4(v: v128, half: i32): v128 {
  const bits = v128.and(v, i32x4.splat(0x7fffffff));
  if (half) return signs4(half4(i32x4.min_u(bits, i32x4.splat(0x477fe000))), v);
  const odd = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(1));
  const code = i32x4.shr_u(i32x4.add(i32x4.add(bits, i32x4.splat(0x7fff)), odd), 16);
  return signs4(i32x4.min_u(code, i32x4.splat(0x7f7f)), v);
}

function drawn4(v: v128, t: v128, half: i32): v128 {
  const bits = v128.and(v, i32x4.splat(0x7fffffff));
  if (half) return signs4(half4Drawn(i32x4.min_u(bits, i32x4.splat(0x477fe000)), t), v);
  const code = i32x4.shr_u(i32x4.add(bits, i32x4.sub(i32x4.splat(0xffff), i32x4.shr_u(t, 16))), 16);
  return signs4(i32x4.min_u(code, i32x4.splat(0x7f7f)), v);
}

export function castNearest_f32(n: i32, half: i32, x: usize, packed: usize): void {
  const end = x + ((<usize>(n >> 3)) << 5);
  for (; x < end; x += 32, packed += 16) {
    v128.store(packed, i16x8.narrow_i32x4_u(near4(v128.load(x), half), near4(v128.load(x, 16), half)));
  }
  for (let rest = n & 7; rest > 0; --rest, x += 4, packed += 2) store<u16>(packed, encodeOne(load<f32>(x), half, -1));
}

export function castNearest_f64(n: i32, half: i32, x: usize, packed: usize): void {
  for (; n > 0; --n, x += 8, packed += 2) store<u16>(packed, encodeOne(load<f64>(x), half, -1));
}

/** At most one block. */
function block32(n: i32, half: i32, x: usize, rng: usize, packed: usize): void {
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  for (let rest = n; rest > 0; rest -= 4) {
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    if (rest >= 4) {
      const code = drawn4(v128.load(x), t, half);
      v128.store_lane<u64>(packed, i16x8.narrow_i32x4_u(code, code), 0);
      x += 16;
      packed += 8;
    } else {
      v128.store(rng, t, RNG_T);
      for (let i = 0; i < rest; ++i, x += 4, packed += 2) {
        store<u16>(packed, encodeOne(load<f32>(x), half, fractionAt<f32>(rng, i)));
      }
    }
  }
  leave(rng, a, b, c, k, t);
}

export function castDither_f32(n: i32, half: i32, x: usize, rng: usize, packed: usize): void {
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    block32(min(n - (b << 16), RNG_BLOCK), half, x + (from << 2), rngBlock(rng, b, 0), packed + (from << 1));
  }
}

/** At most one block. */
function block64(n: i32, half: i32, x: usize, rng: usize, packed: usize): void {
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  for (let rest = n; rest > 0; rest -= 2) {
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    v128.store(rng, t, RNG_T);
    for (let i = 0; i < min(rest, 2); ++i, x += 8, packed += 2) {
      store<u16>(packed, encodeOne(load<f64>(x), half, fractionAt<f64>(rng, i)));
    }
  }
  leave(rng, a, b, c, k, t);
}

export function castDither_f64(n: i32, half: i32, x: usize, rng: usize, packed: usize): void {
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    block64(min(n - (b << 16), RNG_BLOCK), half, x + (from << 3), rngBlock(rng, b, 0), packed + (from << 1));
  }
}

function value4(code: v128, half: i32): v128 {
  const size = v128.and(code, i32x4.splat(0x7fff));
  const minus = i32x4.shl(v128.and(code, i32x4.splat(0x8000)), 16);
  const value = half ? f32x4.mul(i32x4.shl(size, 13), f32x4.splat(5.192296858534828e33)) : i32x4.shl(size, 16);
  return v128.or(value, minus);
}

export function castAdd_f32(n: i32, half: i32, a: f64, packed: usize, acc: usize): void {
  const factor = f32x4.splat(<f32>a);
  const end = acc + ((<usize>(n >> 3)) << 5);
  for (; acc < end; acc += 32, packed += 16) {
    const c = v128.load(packed);
    const low = f32x4.mul(value4(i32x4.extend_low_i16x8_u(c), half), factor);
    const high = f32x4.mul(value4(i32x4.extend_high_i16x8_u(c), half), factor);
    v128.store(acc, f32x4.add(v128.load(acc), low));
    v128.store(acc, f32x4.add(v128.load(acc, 16), high), 16);
  }
  for (let rest = n & 7; rest > 0; --rest, acc += 4, packed += 2) {
    store<f32>(acc, load<f32>(acc) + decodeOne(load<u16>(packed), half) * <f32>a);
  }
}

export function castAdd_f64(n: i32, half: i32, a: f64, packed: usize, acc: usize): void {
  for (; n > 0; --n, acc += 8, packed += 2) {
    store<f64>(acc, load<f64>(acc) + <f64>decodeOne(load<u16>(packed), half) * a);
  }
}

export function castValid(n: i32, half: i32, packed: usize): i32 {
  const last: u32 = half ? 0x7bff : 0x7f7f;
  let bad: u32 = 0;
  for (; n > 0; --n, packed += 2) {
    const code = <u32>load<u16>(packed);
    bad |= u32((code & 0x7fff) > last) | u32(code == 0x8000);
  }
  return i32(bad == 0);
}
