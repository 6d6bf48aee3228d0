// Rounding to tables of numbers: signed levels as u16 codes (as in dither.ts), or bytes that name entries of a book.
//
// A search takes `depth` steps whatever the entry, without branches, so that neighbouring entries overlap in the pipeline:
// tables are padded with Infinity to a power of two. All comparisons are made in f64, where entries of either type are exact.

import { draw, leave, RNG_B, RNG_C, RNG_K, RNG_T, stirB, stirC, tick, turnC } from "./lanes";
import { lastBlock, RNG_BLOCK, rngBlock } from "./random";

function at(table: usize, i: u32): f64 {
  return load<f64>(table + ((<usize>i) << 3));
}

/** Last j in 0..2^depth-1 with j = 0 or table[j] <= y. */
function floorOf(table: usize, depth: u32, y: f64): u32 {
  let j: u32 = 0;
  for (let step: u32 = 1 << (depth - 1); step > 0; step >>= 1) j += u32(at(table, j + step) <= y) * step;
  return j;
}

/** How many of the 2^depth - 1 bounds are below y. */
function below(bounds: usize, depth: u32, y: f64): u32 {
  let j: u32 = 0;
  for (let step: u32 = 1 << (depth - 1); step > 0; step >>= 1) j += u32(at(bounds, j + step - 1) < y) * step;
  return j;
}

/** floorOf, and one more with the probability that makes it unbiased. */
function drawn(table: usize, depth: u32, y: f64, u: f64): u32 {
  const j = floorOf(table, depth, y);
  const low = at(table, j);
  return j + u32(u * (at(table, j + 1) - low) < y - low);
}

function magnitude<T>(x: usize, c: T): f64 {
  return <f64>min<T>(abs<T>(load<T>(x)) * c, sizeof<T>() == 4 ? <T>f32.MAX_VALUE : <T>f64.MAX_VALUE);
}

/** The fraction of lane `lane` of the words last drawn, stored at rng + RNG_T. */
export function fractionAt<T>(rng: usize, lane: i32): f64 {
  if (sizeof<T>() == 4) return <f64>(load<u32>(rng + ((<usize>lane) << 2), RNG_T) >> 8) * (1.0 / 16777216.0);
  return <f64>(load<u64>(rng + ((<usize>lane) << 3), RNG_T) >> 12) * (1.0 / 4503599627370496.0);
}

/** c as the element type holds it, at most the largest finite number. */
function factor<T>(c: f64): T {
  return sizeof<T>() == 4 ? <T>min(c, <f64>f32.MAX_VALUE) : <T>min(c, f64.MAX_VALUE);
}

/** At most one block. */
function codesOfBlock<T>(n: i32, c_: f64, depth: i32, table: usize, x: usize, rng: usize, out: usize): i32 {
  const scale = factor<T>(c_);
  const lanes = 16 / <i32>sizeof<T>();
  let a = v128.load(rng);
  let b = v128.load(rng, RNG_B);
  let c = v128.load(rng, RNG_C);
  let k = v128.load(rng, RNG_K);
  let t = v128.load(rng, RNG_T);
  let count = 0;
  for (let rest = n; rest > 0; rest -= lanes) {
    t = draw(a, b, k);
    a = stirB(b);
    b = stirC(c);
    c = turnC(c, t);
    k = tick(k);
    v128.store(rng, t, RNG_T);
    for (let i = 0; i < min(rest, lanes); ++i, x += sizeof<T>(), out += 2) {
      const level = drawn(table, depth, magnitude<T>(x, scale), fractionAt<T>(rng, i));
      const some = u32(level > 0);
      store<u16>(out, (level << 1) | (some & u32(load<T>(x) < 0)));
      count += some;
    }
  }
  leave(rng, a, b, c, k, t);
  return count;
}

function codes<T>(n: i32, c: f64, depth: i32, table: usize, x: usize, rng: usize, out: usize): i32 {
  let count = 0;
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    const rest = min(n - (b << 16), RNG_BLOCK);
    count += codesOfBlock<T>(rest, c, depth, table, x + from * sizeof<T>(), rngBlock(rng, b, 0), out + (from << 1));
  }
  return count;
}

function nearest<T>(n: i32, c: f64, depth: i32, bounds: usize, x: usize, out: usize): i32 {
  const scale = factor<T>(c);
  let count = 0;
  for (let i = 0; i < n; ++i, x += sizeof<T>(), out += 2) {
    const level = below(bounds, depth, magnitude<T>(x, scale));
    const some = u32(level > 0);
    store<u16>(out, (level << 1) | (some & u32(load<T>(x) < 0)));
    count += some;
  }
  return count;
}

function signed(table: usize, code: u32, a: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(at(table, code >> 1) * a) ^ ((<u64>code) << 63));
}

function add<T>(n: i32, a: f64, table: usize, codes: usize, acc: usize): void {
  for (let i = 0; i < n; ++i, codes += 2, acc += sizeof<T>()) {
    store<T>(acc, load<T>(acc) + <T>signed(table, load<u16>(codes), a));
  }
}

function scatter<T>(k: i32, a: f64, table: usize, codes: usize, indices: usize, acc: usize): void {
  for (let i = 0; i < k; ++i, codes += 2, indices += 4) {
    const to = acc + <usize>load<u32>(indices) * sizeof<T>();
    store<T>(to, load<T>(to) + <T>signed(table, load<u16>(codes), a));
  }
}

function bookNearest<T>(n: i32, c: f64, bounds: usize, x: usize, out: usize): void {
  const scale = factor<T>(c);
  for (let i = 0; i < n; ++i, x += sizeof<T>(), ++out) store<u8>(out, below(bounds, 8, <f64>(load<T>(x) * scale)));
}

/** At most one block. */
function bookOfBlock<T>(n: i32, c_: f64, table: usize, x: usize, rng: usize, out: usize): void {
  const scale = factor<T>(c_);
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
    for (let i = 0; i < min(rest, lanes); ++i, x += sizeof<T>(), ++out) {
      store<u8>(out, drawn(table, 8, <f64>(load<T>(x) * scale), fractionAt<T>(rng, i)));
    }
  }
  leave(rng, a, b, c, k, t);
}

function bookDither<T>(n: i32, c: f64, table: usize, x: usize, rng: usize, out: usize): void {
  for (let b = lastBlock(n); b >= 0; --b) {
    const from = (<usize>b) << 16;
    const rest = min(n - (b << 16), RNG_BLOCK);
    bookOfBlock<T>(rest, c, table, x + from * sizeof<T>(), rngBlock(rng, b, 0), out + from);
  }
}

function bookAdd<T>(n: i32, a: f64, table: usize, packed: usize, acc: usize): void {
  for (let i = 0; i < n; ++i, ++packed, acc += sizeof<T>()) {
    store<T>(acc, load<T>(acc) + <T>(at(table, load<u8>(packed)) * a));
  }
}

export function gridCodes_f32(n: i32, c: f64, depth: i32, table: usize, x: usize, rng: usize, codes_: usize): i32 {
  return codes<f32>(n, c, depth, table, x, rng, codes_);
}
export function gridCodes_f64(n: i32, c: f64, depth: i32, table: usize, x: usize, rng: usize, codes_: usize): i32 {
  return codes<f64>(n, c, depth, table, x, rng, codes_);
}
export function gridNearest_f32(n: i32, c: f64, depth: i32, bounds: usize, x: usize, codes_: usize): i32 {
  return nearest<f32>(n, c, depth, bounds, x, codes_);
}
export function gridNearest_f64(n: i32, c: f64, depth: i32, bounds: usize, x: usize, codes_: usize): i32 {
  return nearest<f64>(n, c, depth, bounds, x, codes_);
}
export function gridAdd_f32(n: i32, a: f64, table: usize, codes_: usize, acc: usize): void {
  add<f32>(n, a, table, codes_, acc);
}
export function gridAdd_f64(n: i32, a: f64, table: usize, codes_: usize, acc: usize): void {
  add<f64>(n, a, table, codes_, acc);
}
export function gridScatterAdd_f32(k: i32, a: f64, table: usize, codes_: usize, indices: usize, acc: usize): void {
  scatter<f32>(k, a, table, codes_, indices, acc);
}
export function gridScatterAdd_f64(k: i32, a: f64, table: usize, codes_: usize, indices: usize, acc: usize): void {
  scatter<f64>(k, a, table, codes_, indices, acc);
}
export function bookNearest_f32(n: i32, c: f64, bounds: usize, x: usize, packed: usize): void {
  bookNearest<f32>(n, c, bounds, x, packed);
}
export function bookNearest_f64(n: i32, c: f64, bounds: usize, x: usize, packed: usize): void {
  bookNearest<f64>(n, c, bounds, x, packed);
}
export function bookDither_f32(n: i32, c: f64, table: usize, x: usize, rng: usize, packed: usize): void {
  bookDither<f32>(n, c, table, x, rng, packed);
}
export function bookDither_f64(n: i32, c: f64, table: usize, x: usize, rng: usize, packed: usize): void {
  bookDither<f64>(n, c, table, x, rng, packed);
}
export function bookAdd_f32(n: i32, a: f64, table: usize, packed: usize, acc: usize): void {
  bookAdd<f32>(n, a, table, packed, acc);
}
export function bookAdd_f64(n: i32, a: f64, table: usize, packed: usize, acc: usize): void {
  bookAdd<f64>(n, a, table, packed, acc);
}
