// Integers of a given scale: q = round(alpha x) between two limits, in 1, 2 or 4 bytes, little-endian.

import { fractionAt } from "./grid";
import { draw, leave, RNG_B, RNG_C, RNG_K, RNG_T, stirB, stirC, tick, turnC } from "./lanes";
import { lastBlock, RNG_BLOCK, rngBlock } from "./random";

function put(packed: usize, bytes: i32, value: f64): void {
  const q = <i32>value;
  if (bytes == 1) store<i8>(packed, q);
  else if (bytes == 2) store<i16>(packed, q);
  else store<i32>(packed, q);
}

function get(packed: usize, bytes: i32): i32 {
  return bytes == 1 ? load<i8>(packed) : bytes == 2 ? load<i16>(packed) : load<i32>(packed);
}

function near<T>(n: i32, alpha: f64, low: f64, high: f64, bytes: i32, x: usize, packed: usize): void {
  for (; n > 0; --n, x += sizeof<T>(), packed += bytes) {
    put(packed, bytes, min(max(nearest(<f64>load<T>(x) * alpha), low), high));
  }
}

/** At most one block. */
function block<T>(n: i32, alpha: f64, low: f64, high: f64, bytes: i32, x: usize, rng: usize, packed: usize): void {
  const lanes = 16 / <i32>sizeof<T>();
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  for (let rest = n; rest > 0; rest -= lanes) {
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    v128.store(rng, t, RNG_T);
    for (let i = 0; i < min(rest, lanes); ++i, x += sizeof<T>(), packed += bytes) {
      const y = <f64>load<T>(x) * alpha;
      const whole = floor(abs(y));
      const level = whole + (fractionAt<T>(rng, i) < abs(y) - whole ? 1.0 : 0.0);
      put(packed, bytes, min(max(copysign(level, y), low), high));
    }
  }
  leave(rng, a, b, c, k, t);
}

function dither<T>(n: i32, alpha: f64, low: f64, high: f64, bytes: i32, x: usize, rng: usize, packed: usize): void {
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    const rest = min(n - (b << 16), RNG_BLOCK);
    block<T>(rest, alpha, low, high, bytes, x + from * sizeof<T>(), rngBlock(rng, b, 0), packed + from * <usize>bytes);
  }
}

function add<T>(n: i32, a: f64, bytes: i32, packed: usize, acc: usize): void {
  for (; n > 0; --n, acc += sizeof<T>(), packed += bytes) {
    store<T>(acc, load<T>(acc) + <T>(<f64>get(packed, bytes) * a));
  }
}

export function integerNearest_f32(n: i32, alpha: f64, low: f64, high: f64, bytes: i32, x: usize, packed: usize): void {
  near<f32>(n, alpha, low, high, bytes, x, packed);
}
export function integerNearest_f64(n: i32, alpha: f64, low: f64, high: f64, bytes: i32, x: usize, packed: usize): void {
  near<f64>(n, alpha, low, high, bytes, x, packed);
}
export function integerDither_f32(
  n: i32,
  alpha: f64,
  low: f64,
  high: f64,
  bytes: i32,
  x: usize,
  rng: usize,
  packed: usize,
): void {
  dither<f32>(n, alpha, low, high, bytes, x, rng, packed);
}
export function integerDither_f64(
  n: i32,
  alpha: f64,
  low: f64,
  high: f64,
  bytes: i32,
  x: usize,
  rng: usize,
  packed: usize,
): void {
  dither<f64>(n, alpha, low, high, bytes, x, rng, packed);
}
export function integerAdd_f32(n: i32, a: f64, bytes: i32, packed: usize, acc: usize): void {
  add<f32>(n, a, bytes, packed, acc);
}
export function integerAdd_f64(n: i32, a: f64, bytes: i32, packed: usize, acc: usize): void {
  add<f64>(n, a, bytes, packed, acc);
}

export function integerValid(n: i32, low: f64, high: f64, bytes: i32, packed: usize): i32 {
  let bad: u32 = 0;
  for (; n > 0; --n, packed += bytes) {
    const q = <f64>get(packed, bytes);
    bad |= u32(q < low) | u32(q > high);
  }
  return i32(bad == 0);
}
