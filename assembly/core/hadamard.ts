// The Walsh-Hadamard transform, and what Kashin's representation needs beside it.
//
// Butterflies with strides 1, 2, 4, ...: every order of the butterflies of one stride gives the same bits, so blocks that
// fit the first-level cache do all their small strides at once, and large strides go two at a time.

const BLOCK: i32 = 16384; // bytes

function turn32(v: v128): v128 {
  v = f32x4.add(v128.shuffle<i32>(v, v, 1, 0, 3, 2), v128.xor(v, i32x4(0, i32.MIN_VALUE, 0, i32.MIN_VALUE)));
  return f32x4.add(v128.shuffle<i32>(v, v, 2, 3, 0, 1), v128.xor(v, i32x4(0, 0, i32.MIN_VALUE, i32.MIN_VALUE)));
}
function turn64(v: v128): v128 {
  return f64x2.add(v128.shuffle<i64>(v, v, 1, 0), v128.xor(v, i64x2(0, i64.MIN_VALUE)));
}
function plus<T>(a: v128, b: v128): v128 {
  return v128.add<T>(a, b);
}
function minus<T>(a: v128, b: v128): v128 {
  return v128.sub<T>(a, b);
}

/** One stride of `stride` bytes, a multiple of 16, over `bytes` bytes. */
function single<T>(x: usize, bytes: usize, stride: usize): void {
  for (let from = x; from < x + bytes; from += stride << 1) {
    for (let p = from; p < from + stride; p += 16) {
      const a = v128.load(p);
      const b = v128.load(p + stride);
      v128.store(p, plus<T>(a, b));
      v128.store(p + stride, minus<T>(a, b));
    }
  }
}

/** Strides `stride` and 2 `stride`. */
function double<T>(x: usize, bytes: usize, stride: usize): void {
  for (let from = x; from < x + bytes; from += stride << 2) {
    for (let p = from; p < from + stride; p += 16) {
      const a = v128.load(p);
      const b = v128.load(p + stride);
      const c = v128.load(p + (stride << 1));
      const d = v128.load(p + stride + (stride << 1));
      const ab = plus<T>(a, b);
      const cd = plus<T>(c, d);
      const a_b = minus<T>(a, b);
      const c_d = minus<T>(c, d);
      v128.store(p, plus<T>(ab, cd));
      v128.store(p + stride, plus<T>(a_b, c_d));
      v128.store(p + (stride << 1), minus<T>(ab, cd));
      v128.store(p + stride + (stride << 1), minus<T>(a_b, c_d));
    }
  }
}

/** Strides from `stride` (bytes) to bytes / 2. */
function strides<T>(x: usize, bytes: usize, stride: usize): void {
  for (; stride << 2 <= bytes; stride <<= 2) double<T>(x, bytes, stride);
  if (stride < bytes) single<T>(x, bytes, stride);
}

function transform<T>(n: i32, x: usize): void {
  const bytes = <usize>n * sizeof<T>();
  if (bytes < 16) {
    if (n == 2) {
      const a = load<T>(x);
      const b = load<T>(x, sizeof<T>());
      store<T>(x, a + b);
      store<T>(x, a - b, sizeof<T>());
    }
    return;
  }
  const block = min<usize>(bytes, BLOCK);
  for (let from = x; from < x + bytes; from += block) {
    for (let p = from; p < from + block; p += 16) {
      v128.store(p, sizeof<T>() == 4 ? turn32(v128.load(p)) : turn64(v128.load(p)));
    }
    strides<T>(from, block, 16);
  }
  strides<T>(x, bytes, block);
}

export function hadamard_f32(n: i32, x: usize): void {
  transform<f32>(n, x);
}
export function hadamard_f64(n: i32, x: usize): void {
  transform<f64>(n, x);
}

export function flip_f32(n: i32, bits: usize, x: usize): void {
  for (let i = 0; i < n; ++i, x += 4) {
    const bit = (<u32>load<u8>(bits + (i >> 3)) >> (i & 7)) << 31;
    store<u32>(x, load<u32>(x) ^ bit);
  }
}
export function flip_f64(n: i32, bits: usize, x: usize): void {
  for (let i = 0; i < n; ++i, x += 8) {
    const bit = (<u64>load<u8>(bits + (i >> 3)) >> (i & 7)) << 63;
    store<u64>(x, load<u64>(x) ^ bit);
  }
}

function clip<T>(n: i32, most_: f64, x: usize, acc: usize): void {
  const most = <T>most_;
  for (let i = 0; i < n; ++i, x += sizeof<T>(), acc += sizeof<T>()) {
    const v = min<T>(max<T>(load<T>(x), -most), most);
    store<T>(x, v);
    store<T>(acc, load<T>(acc) + v);
  }
}
export function clipAdd_f32(n: i32, most: f64, x: usize, acc: usize): void {
  clip<f32>(n, most, x, acc);
}
export function clipAdd_f64(n: i32, most: f64, x: usize, acc: usize): void {
  clip<f64>(n, most, x, acc);
}
