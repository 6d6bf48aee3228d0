// Dense vectors. One driver for elementwise kernels, one for reductions, 64 bytes a turn; what a kernel computes is a
// class without fields (`changetype<OP>(0)` is a null `this`: calls are direct and inlined, nothing is allocated).
// The order of every reduction is that of bindings/kernels.ts.

/** Elements whose total is added to that of those before as one number, so that parts of a vector can be summed apart. */
const CHUNK: usize = 65536;

/** Elements after which lanes move to the f64 total of their chunk. */
function blockOf<T>(): usize {
  return sizeof<T>() == 4 ? 256 : CHUNK;
}

/** The first min(left, lanes) elements at p, other lanes zero; reads nothing beyond them. */
function loadPart<T>(p: usize, left: isize): v128 {
  if (left >= <isize>(16 / sizeof<T>())) return v128.load(p);
  if (left <= 0) return i32x4.splat(0);
  if (sizeof<T>() == 8) return v128.load64_zero(p);
  if (left == 1) return v128.load32_zero(p);
  const two = v128.load64_zero(p);
  return left == 2 ? two : v128.load32_lane(p, two, 2, 8);
}

/** Writes the first `left` lanes, 0 < left < lanes. */
function storePart<T>(p: usize, left: usize, v: v128): void {
  if (sizeof<T>() == 8) {
    v128.store64_lane(p, v, 0);
  } else if (left == 1) {
    v128.store32_lane(p, v, 0);
  } else {
    v128.store64_lane(p, v, 0);
    if (left == 3) v128.store32_lane(p, v, 2, 8);
  }
}

/** Operations that read x only. */
class One {
  pair(): bool {
    return false;
  }
}

/** Operations that read x and y. */
class Two {
  pair(): bool {
    return true;
  }
}

// --- elementwise: out = at(x, y) with broadcast scalars a and b

class Scale extends One {
  at<T>(x: v128, _y: v128, a: v128, _b: v128): v128 {
    return v128.mul<T>(a, x);
  }
}

class Axpy extends Two {
  at<T>(x: v128, y: v128, a: v128, _b: v128): v128 {
    return v128.add<T>(y, v128.mul<T>(a, x));
  }
}

class Sub extends Two {
  at<T>(x: v128, y: v128, _a: v128, _b: v128): v128 {
    return v128.sub<T>(x, y);
  }
}

class Combine extends Two {
  at<T>(x: v128, y: v128, a: v128, b: v128): v128 {
    return v128.add<T>(v128.mul<T>(a, x), v128.mul<T>(b, y));
  }
}

function loadPair<OP>(p: usize, offset: usize): v128 {
  return changetype<OP>(0).pair() ? v128.load(p + offset) : i32x4.splat(0);
}

function map<T, OP>(n: usize, x: usize, y: usize, out: usize, a: v128, b: v128): void {
  const op = changetype<OP>(0);
  const lanes: usize = 16 / sizeof<T>();
  for (; n >= 4 * lanes; n -= 4 * lanes) {
    v128.store(out, op.at<T>(v128.load(x), loadPair<OP>(y, 0), a, b));
    v128.store(out, op.at<T>(v128.load(x, 16), loadPair<OP>(y, 16), a, b), 16);
    v128.store(out, op.at<T>(v128.load(x, 32), loadPair<OP>(y, 32), a, b), 32);
    v128.store(out, op.at<T>(v128.load(x, 48), loadPair<OP>(y, 48), a, b), 48);
    x += 64;
    y += 64;
    out += 64;
  }
  for (; n >= lanes; n -= lanes) {
    v128.store(out, op.at<T>(v128.load(x), loadPair<OP>(y, 0), a, b));
    x += 16;
    y += 16;
    out += 16;
  }
  if (n > 0) {
    const last = op.pair() ? loadPart<T>(y, n) : i32x4.splat(0);
    storePart<T>(out, n, op.at<T>(loadPart<T>(x, n), last, a, b));
  }
}

function fill<T>(n: usize, a: T, x: usize): void {
  const v = v128.splat<T>(a);
  const lanes: usize = 16 / sizeof<T>();
  for (; n >= 4 * lanes; n -= 4 * lanes, x += 64) {
    v128.store(x, v);
    v128.store(x, v, 16);
    v128.store(x, v, 32);
    v128.store(x, v, 48);
  }
  for (; n >= lanes; n -= lanes, x += 16) v128.store(x, v);
  if (n > 0) storePart<T>(x, n, v);
}

// --- reductions: sum of term(x, y). Terms of zeros are +0, hence padding with zeros changes nothing (no lane is ever -0)

class Plain extends One {
  term<T>(x: v128, _y: v128, _c: v128): v128 {
    return x;
  }
}

class Abs extends One {
  term<T>(x: v128, _y: v128, c: v128): v128 {
    return v128.and(x, c);
  }
}

class Square extends One {
  term<T>(x: v128, _y: v128, _c: v128): v128 {
    return v128.mul<T>(x, x);
  }
}

class ScaledSquare extends One {
  term<T>(x: v128, _y: v128, c: v128): v128 {
    const s = v128.mul<T>(x, c);
    return v128.mul<T>(s, s);
  }
}

class Product extends Two {
  term<T>(x: v128, y: v128, _c: v128): v128 {
    return v128.mul<T>(x, y);
  }
}

class SquaredDifference extends Two {
  term<T>(x: v128, y: v128, _c: v128): v128 {
    const s = v128.sub<T>(x, y);
    return v128.mul<T>(s, s);
  }
}

function fold<T>(a0: v128, a1: v128, a2: v128, a3: v128): f64 {
  const q = v128.add<T>(v128.add<T>(a0, a1), v128.add<T>(a2, a3));
  if (sizeof<T>() == 8) return f64x2.extract_lane(q, 0) + f64x2.extract_lane(q, 1);
  return (
    <f64>f32x4.extract_lane(q, 0) +
    <f64>f32x4.extract_lane(q, 1) +
    (<f64>f32x4.extract_lane(q, 2) + <f64>f32x4.extract_lane(q, 3))
  );
}

function partTerm<T, OP>(x: usize, y: usize, left: isize, c: v128): v128 {
  const op = changetype<OP>(0);
  return op.term<T>(loadPart<T>(x, left), op.pair() ? loadPart<T>(y, left) : i32x4.splat(0), c);
}

function reduce<T, OP>(n: usize, x: usize, y: usize, c: v128): f64 {
  let total: f64 = 0;
  for (; n > CHUNK; n -= CHUNK, x += CHUNK * sizeof<T>(), y += CHUNK * sizeof<T>()) {
    total += chunk<T, OP>(CHUNK, x, y, c);
  }
  return total + chunk<T, OP>(n, x, y, c);
}

function chunk<T, OP>(n: usize, x: usize, y: usize, c: v128): f64 {
  const op = changetype<OP>(0);
  const lanes: isize = 16 / sizeof<T>();
  let total: f64 = 0;
  while (n > 0) {
    let left: isize = min(n, blockOf<T>());
    n -= left;
    let a0 = i32x4.splat(0);
    let a1 = i32x4.splat(0);
    let a2 = i32x4.splat(0);
    let a3 = i32x4.splat(0);
    for (; left >= 4 * lanes; left -= 4 * lanes) {
      a0 = v128.add<T>(a0, op.term<T>(v128.load(x), loadPair<OP>(y, 0), c));
      a1 = v128.add<T>(a1, op.term<T>(v128.load(x, 16), loadPair<OP>(y, 16), c));
      a2 = v128.add<T>(a2, op.term<T>(v128.load(x, 32), loadPair<OP>(y, 32), c));
      a3 = v128.add<T>(a3, op.term<T>(v128.load(x, 48), loadPair<OP>(y, 48), c));
      x += 64;
      y += 64;
    }
    if (left > 0) {
      // one copy of the code for four accumulators: they take turns in a0 and are back in place after four
      for (let j = 0; j < 4; ++j, x += 16, y += 16, left -= lanes) {
        const next = v128.add<T>(a0, partTerm<T, OP>(x, y, left, c));
        a0 = a1;
        a1 = a2;
        a2 = a3;
        a3 = next;
      }
    }
    total += fold<T>(a0, a1, a2, a3);
  }
  return total;
}

// --- norms

/** Sum of squares of f32 entries in f64 (each square is exact), in the order of f64. */
function squaresWide(n: usize, x: usize): f64 {
  let total: f64 = 0;
  for (; n > CHUNK; n -= CHUNK, x += 4 * CHUNK) total += chunkWide(CHUNK, x);
  return total + chunkWide(n, x);
}

function chunkWide(n: usize, x: usize): f64 {
  let a0 = f64x2.splat(0);
  let a1 = f64x2.splat(0);
  let a2 = f64x2.splat(0);
  let a3 = f64x2.splat(0);
  for (let left = <isize>n; left > 0; left -= 8, x += 32) {
    const v = loadPart<f32>(x, left);
    const w = loadPart<f32>(x + 16, left - 4);
    const v0 = f64x2.promote_low_f32x4(v);
    const v1 = f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
    const w0 = f64x2.promote_low_f32x4(w);
    const w1 = f64x2.promote_low_f32x4(i64x2.shuffle(w, w, 1, 1));
    a0 = f64x2.add(a0, f64x2.mul(v0, v0));
    a1 = f64x2.add(a1, f64x2.mul(v1, v1));
    a2 = f64x2.add(a2, f64x2.mul(w0, w0));
    a3 = f64x2.add(a3, f64x2.mul(w1, w1));
  }
  return fold<f64>(a0, a1, a2, a3);
}

// A square below the normal range is off by at most half a least subnormal, 2^-150 (f32) or 2^-1075 (f64), additions of
// subnormals are exact, and n < 2^30. So a total of at least 2^-90 (2^-960) has lost at most 2^-30 (2^-85) of itself
// to underflow. Overflow makes the total infinite, however late; short of that it does no harm.

export function norm2_f32(n: usize, x: usize): f64 {
  const s = reduce<f32, Square>(n, x, x, i32x4.splat(0));
  if (s >= 8.077935669463161e-28 && s < Infinity) return sqrt(s); // 2^-90
  return sqrt(squaresWide(n, x)); // 2^-298 <= squares <= 2^256: neither under- nor overflow
}

const UP: f64 = 4.149515568880993e180; // 2^600
const DOWN: f64 = 2.409919865102884e-181;

export function norm2_f64(n: usize, x: usize): f64 {
  const s = reduce<f64, Square>(n, x, x, i32x4.splat(0));
  if (s >= 1.0261342003245941e-289 && s < Infinity) return sqrt(s); // 2^-960
  // Small: every entry is below 2^-480 and scales up exactly to 2^-474..2^120. Large (the total is Inf or NaN): the
  // largest is at least 2^497, scaled 2^-103, beside which entries that underflow do not count
  if (s < 1) return sqrt(reduce<f64, ScaledSquare>(n, x, x, f64x2.splat(UP))) * DOWN;
  return sqrt(reduce<f64, ScaledSquare>(n, x, x, f64x2.splat(DOWN))) * UP;
}

// Bits of |x| order like |x|, with Inf and NaN on top: an integer maximum cannot lose a NaN.

export function normMax_f32(n: usize, x: usize): f64 {
  const mask = i32x4.splat(0x7fffffff);
  let m0 = i32x4.splat(0);
  let m1 = i32x4.splat(0);
  let m2 = i32x4.splat(0);
  let m3 = i32x4.splat(0);
  let left = <isize>n;
  for (; left >= 16; left -= 16, x += 64) {
    m0 = i32x4.max_s(m0, v128.and(v128.load(x), mask));
    m1 = i32x4.max_s(m1, v128.and(v128.load(x, 16), mask));
    m2 = i32x4.max_s(m2, v128.and(v128.load(x, 32), mask));
    m3 = i32x4.max_s(m3, v128.and(v128.load(x, 48), mask));
  }
  for (; left > 0; left -= 4, x += 16) m0 = i32x4.max_s(m0, v128.and(loadPart<f32>(x, left), mask));
  m0 = i32x4.max_s(i32x4.max_s(m0, m1), i32x4.max_s(m2, m3));
  const even = max(i32x4.extract_lane(m0, 0), i32x4.extract_lane(m0, 2));
  const bits = max(even, max(i32x4.extract_lane(m0, 1), i32x4.extract_lane(m0, 3)));
  return bits < 0x7f800000 ? <f64>reinterpret<f32>(bits) : Infinity;
}

export function normMax_f64(n: usize, x: usize): f64 {
  // no 64-bit integer maximum: pmax(m, v) takes one instruction and skips NaN, the high words' maximum keeps it
  const mask = i64x2.splat(i64.MAX_VALUE);
  let m0 = f64x2.splat(0);
  let m1 = f64x2.splat(0);
  let h0 = i32x4.splat(0);
  let h1 = i32x4.splat(0);
  let left = <isize>n;
  // 64 bytes a turn is no faster (0.126 ns an entry at 2^20 either way)
  for (; left >= 4; left -= 4, x += 32) {
    const v0 = v128.and(v128.load(x), mask);
    const v1 = v128.and(v128.load(x, 16), mask);
    m0 = f64x2.pmax(m0, v0);
    m1 = f64x2.pmax(m1, v1);
    h0 = i32x4.max_s(h0, v0);
    h1 = i32x4.max_s(h1, v1);
  }
  for (; left > 0; left -= 2, x += 16) {
    const v = v128.and(loadPart<f64>(x, left), mask);
    m0 = f64x2.pmax(m0, v);
    h0 = i32x4.max_s(h0, v);
  }
  h0 = i32x4.max_s(h0, h1);
  if (max(i32x4.extract_lane(h0, 1), i32x4.extract_lane(h0, 3)) >= 0x7ff00000) return Infinity;
  m0 = f64x2.pmax(m0, m1);
  return max(f64x2.extract_lane(m0, 0), f64x2.extract_lane(m0, 1));
}

function firstNonFinite<T>(n: usize, x: usize): i32 {
  // exponent fields as signed words (f64: the high words; low words masked to 0)
  const mask = sizeof<T>() == 4 ? i32x4.splat(0x7f800000) : i64x2.splat(0x7ff0000000000000);
  const top = i32x4.splat(sizeof<T>() == 4 ? 0x7f7fffff : 0x7fefffff);
  const lanes: usize = 64 / sizeof<T>();
  let i: usize = 0;
  for (; i + lanes <= n; i += lanes) {
    const p = x + i * sizeof<T>();
    const e = i32x4.max_s(
      i32x4.max_s(v128.and(v128.load(p), mask), v128.and(v128.load(p, 16), mask)),
      i32x4.max_s(v128.and(v128.load(p, 32), mask), v128.and(v128.load(p, 48), mask)),
    );
    if (v128.any_true(i32x4.gt_s(e, top))) break;
  }
  for (; i < n; ++i) if (!(abs<T>(load<T>(x + i * sizeof<T>())) < <T>Infinity)) return <i32>i;
  return -1;
}

// --- the other exports

export function fill_f32(n: usize, a: f32, x: usize): void {
  fill<f32>(n, a, x);
}
export function fill_f64(n: usize, a: f64, x: usize): void {
  fill<f64>(n, a, x);
}
export function scale_f32(n: usize, a: f32, x: usize): void {
  map<f32, Scale>(n, x, x, x, f32x4.splat(a), i32x4.splat(0));
}
export function scale_f64(n: usize, a: f64, x: usize): void {
  map<f64, Scale>(n, x, x, x, f64x2.splat(a), i32x4.splat(0));
}
export function axpy_f32(n: usize, a: f32, x: usize, y: usize): void {
  map<f32, Axpy>(n, x, y, y, f32x4.splat(a), i32x4.splat(0));
}
export function axpy_f64(n: usize, a: f64, x: usize, y: usize): void {
  map<f64, Axpy>(n, x, y, y, f64x2.splat(a), i32x4.splat(0));
}
// WebAssembly's loads take any alignment, and x86 and ARM charge only for crossed cache lines
export function axpyPacked_f32(n: usize, a: f32, values: usize, acc: usize): void {
  axpy_f32(n, a, values, acc);
}
export function axpyPacked_f64(n: usize, a: f64, values: usize, acc: usize): void {
  axpy_f64(n, a, values, acc);
}
export function sub_f32(n: usize, x: usize, y: usize, out: usize): void {
  map<f32, Sub>(n, x, y, out, i32x4.splat(0), i32x4.splat(0));
}
export function sub_f64(n: usize, x: usize, y: usize, out: usize): void {
  map<f64, Sub>(n, x, y, out, i32x4.splat(0), i32x4.splat(0));
}
export function combine_f32(n: usize, a: f32, x: usize, b: f32, y: usize, out: usize): void {
  map<f32, Combine>(n, x, y, out, f32x4.splat(a), f32x4.splat(b));
}
export function combine_f64(n: usize, a: f64, x: usize, b: f64, y: usize, out: usize): void {
  map<f64, Combine>(n, x, y, out, f64x2.splat(a), f64x2.splat(b));
}
export function sum_f32(n: usize, x: usize): f64 {
  return reduce<f32, Plain>(n, x, x, i32x4.splat(0));
}
export function sum_f64(n: usize, x: usize): f64 {
  return reduce<f64, Plain>(n, x, x, i32x4.splat(0));
}
export function dot_f32(n: usize, x: usize, y: usize): f64 {
  return reduce<f32, Product>(n, x, y, i32x4.splat(0));
}
export function dot_f64(n: usize, x: usize, y: usize): f64 {
  return reduce<f64, Product>(n, x, y, i32x4.splat(0));
}
export function norm1_f32(n: usize, x: usize): f64 {
  return reduce<f32, Abs>(n, x, x, i32x4.splat(0x7fffffff));
}
export function norm1_f64(n: usize, x: usize): f64 {
  return reduce<f64, Abs>(n, x, x, i64x2.splat(i64.MAX_VALUE));
}
export function squares_f32(n: usize, x: usize): f64 {
  return reduce<f32, Square>(n, x, x, i32x4.splat(0));
}
export function squares_f64(n: usize, x: usize): f64 {
  return reduce<f64, Square>(n, x, x, i32x4.splat(0));
}
export function distance2_f32(n: usize, x: usize, y: usize): f64 {
  return reduce<f32, SquaredDifference>(n, x, y, i32x4.splat(0));
}
export function distance2_f64(n: usize, x: usize, y: usize): f64 {
  return reduce<f64, SquaredDifference>(n, x, y, i32x4.splat(0));
}
export function firstNonFinite_f32(n: usize, x: usize): i32 {
  return firstNonFinite<f32>(n, x);
}
export function firstNonFinite_f64(n: usize, x: usize): i32 {
  return firstNonFinite<f64>(n, x);
}
