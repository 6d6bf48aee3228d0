// Index sets: k ascending indices below n as a list, a bitmap or Rice-coded gaps, whichever is shortest. The layout and
// the rule that chooses are in docs/wire-format.md, "Index sets". For a random k-subset the Rice code needs about 8.1
// bits an index at k = n/100, 0.4 % over log2 C(n,k).
import { isPadded, loadUpTo8, pack32, storeBits, unpack32 } from "./bitpack";

const TRIVIAL: u32 = 0; // k = 0 or k = n: nothing follows
const LIST: u32 = 1;
const BITMAP: u32 = 2;
const RICE: u32 = 32; // + j, j = 0..31

function bytesFor(bits: u64): u64 {
  return (bits + 7) >> 3;
}

/** Bits of an index below n >= 2. */
function indexWidth(n: u32): u32 {
  return 32 - clz<u32>(n - 1);
}

/** floor(log2 of the mean gap), 0 for means below 2. */
function meanExponent(gaps: u32, k: u32): u32 {
  return 31 - clz<u32>(max<u32>(1, gaps / k));
}

function riceBytes(k: u64, j: u64, quotients: u64): u64 {
  return bytesFor(k * j) + bytesFor(k + quotients);
}

/** Sum of gap >> j. At most n, so that u32 lanes suffice. */
function quotientSum(k: u32, indices: usize, j: u32): u32 {
  let total = load<u32>(indices) >> j;
  let at = indices + 4;
  const end = indices + ((<usize>k) << 2);
  let lanes = i32x4.splat(0);
  for (; at + 16 <= end; at += 16) {
    const before = i32x4.add(v128.load(at - 4), i32x4.splat(1));
    lanes = i32x4.add(lanes, i32x4.shr_u(i32x4.sub(v128.load(at), before), j));
  }
  total += i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1);
  total += i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3);
  for (; at < end; at += 4) total += (load<u32>(at) - load<u32>(at - 4) - 1) >> j;
  return total;
}

/** The bitmap up to its last set bit. Returns its bits up to there. */
function writeBitmap(k: u32, indices: usize, packed: usize): u64 {
  const end = indices + ((<usize>k) << 2);
  let word: u64 = 0;
  let at: u32 = 0; // the word's number
  let index: u32 = 0;
  for (; indices < end; indices += 4) {
    index = load<u32>(indices);
    while (at < index >> 6) {
      store<u64>(packed, word);
      packed += 8;
      word = 0;
      ++at;
    }
    word |= (<u64>1) << (<u64>index & 63);
  }
  const bits = <u64>index + 1;
  storeBits(packed, word, bits - ((<u64>at) << 6));
  return bits;
}

/** Writes for each index i_m the bit (sum of gap >> j up to m) + m. Returns the bits. */
function writeOnes(k: u32, indices: usize, j: u32, packed: usize): u64 {
  const end = indices + ((<usize>k) << 2);
  let word: u64 = 0;
  let bit: u64 = 0; // inside the word that starts at `packed`
  let next: u32 = 0;
  let total: u64 = k;
  for (; indices < end; indices += 4) {
    const index = load<u32>(indices);
    const quotient = (index - next) >> j;
    next = index + 1;
    total += quotient;
    bit += quotient;
    while (bit >= 64) {
      store<u64>(packed, word);
      packed += 8;
      word = 0;
      bit -= 64;
    }
    word |= (<u64>1) << bit;
    ++bit;
  }
  storeBits(packed, word, bit);
  return total;
}

/** The low j bits of the gaps, width j. */
function writeLows(k: u32, indices: usize, j: u32, packed: usize): void {
  const end = indices + ((<usize>k) << 2);
  const mask: u32 = ((<u32>1) << j) - 1;
  const width = <u64>j;
  let word: u64 = 0;
  let fill: u64 = 0;
  let next: u32 = 0;
  for (; indices < end; indices += 4) {
    const index = load<u32>(indices);
    const low = <u64>((index - next) & mask);
    next = index + 1;
    word |= low << fill;
    fill += width;
    if (fill >= 64) {
      store<u64>(packed, word);
      packed += 8;
      fill -= 64;
      word = low >> (width - fill);
    }
  }
  storeBits(packed, word, fill);
}

export function indicesEncode(n: u32, k: u32, indices: usize, packed: usize): usize {
  if (k == 0 || k == n) {
    store<u8>(packed, TRIVIAL);
    return 1;
  }
  const gaps = load<u32>(indices + ((<usize>(k - 1)) << 2)) + 1 - k;
  const around = <i32>meanExponent(gaps, k);
  let j = max<i32>(0, around - 2);
  let rice = u64.MAX_VALUE;
  for (let candidate = j; candidate <= min<i32>(31, around + 1); ++candidate) {
    const bytes = riceBytes(k, candidate, quotientSum(k, indices, candidate));
    if (bytes < rice) {
      rice = bytes;
      j = candidate;
    }
  }
  const list = bytesFor(<u64>k * indexWidth(n));
  const bitmap = bytesFor(n);
  if (list <= bitmap && list <= rice) {
    store<u8>(packed, LIST);
    return 1 + pack32(k, indexWidth(n), indices, packed + 1);
  }
  if (bitmap <= rice) {
    store<u8>(packed, BITMAP);
    const used = bytesFor(writeBitmap(k, indices, packed + 1));
    memory.fill(packed + 1 + <usize>used, 0, <usize>(bitmap - used));
    return 1 + <usize>bitmap;
  }
  store<u8>(packed, RICE + j);
  const lows = <usize>bytesFor(<u64>k * <u64>j);
  if (j) writeLows(k, indices, j, packed + 1);
  writeOnes(k, indices, j, packed + 1 + lows);
  return 1 + <usize>rice;
}

export function indicesMaxBytes(n: u32, k: u32): usize {
  if (k == 0 || k == n) return 1;
  const shortest = min<u64>(bytesFor(<u64>k * indexWidth(n)), bytesFor(n));
  // The chosen Rice code is at most one byte (rounding) longer than the one for the largest possible mean gap.
  const j = meanExponent(n - k, k);
  return 1 + <usize>min<u64>(shortest, riceBytes(k, j, (n - k) >> j) + 1);
}

/** 1 iff the indices ascend strictly and stay below n. */
function isAscending(n: u32, k: u32, indices: usize): bool {
  let at = indices + 4;
  const end = indices + ((<usize>k) << 2);
  let wrong = i32x4.splat(0);
  for (; at + 16 <= end; at += 16) {
    wrong = v128.or(wrong, i32x4.le_u(v128.load(at), v128.load(at - 4)));
  }
  if (v128.any_true(wrong)) return false;
  for (; at < end; at += 4) {
    if (load<u32>(at) <= load<u32>(at - 4)) return false;
  }
  return load<u32>(end - 4) < n;
}

function decodeList(n: u32, k: u32, packed: usize, available: u64, indices: usize): i64 {
  const bits = <u64>k * indexWidth(n);
  if (bytesFor(bits) > available || !isPadded(packed, bits)) return -1;
  unpack32(k, indexWidth(n), packed, indices);
  return isAscending(n, k, indices) ? bytesFor(bits) : -1;
}

function decodeBitmap(n: u32, k: u32, packed: usize, available: u64, indices: usize): i64 {
  const bytes = bytesFor(n);
  if (bytes > available || !isPadded(packed, n)) return -1;
  const end = packed + <usize>bytes;
  let count: u64 = 0;
  for (let at = packed; at < end; at += 8) count += popcnt<u64>(loadUpTo8(at, end));
  if (count != k) return -1;
  let base: u32 = 0;
  for (let at = packed; at < end; at += 8, base += 64) {
    for (let word = loadUpTo8(at, end); word; word &= word - 1, indices += 4) {
      store<u32>(indices, base + <u32>ctz<u64>(word));
    }
  }
  return bytes;
}

function decodeRice(n: u32, k: u32, j: u32, packed: usize, available: u64, indices: usize): i64 {
  const lowBits = <u64>k * j;
  if (bytesFor(lowBits) > available || !isPadded(packed, lowBits)) return -1;
  unpack32(k, j, packed, indices);
  const start = packed + <usize>bytesFor(lowBits);
  const end = packed + <usize>available;
  const limit = <i64>(n >> j); // no quotient is larger
  const shift = <u64>j;
  let left = k;
  let next: u64 = 0; // smallest value the index may have; in 64 bits, hence it never wraps
  let last: i64 = -1; // where the previous one stands, counted from the current word
  for (let at = start; at < end; at += 8) {
    let word = loadUpTo8(at, end);
    while (word) {
      const one = <i64>ctz<u64>(word);
      const index = next + ((<u64>(one - last - 1)) << shift) + load<u32>(indices);
      store<u32>(indices, <u32>index);
      indices += 4;
      next = index + 1;
      last = one;
      word &= word - 1;
      if (--left == 0) {
        const bits = ((<u64>(at - start)) << 3) + <u64>one + 1;
        return next <= n && isPadded(start, bits) ? bytesFor(lowBits) + bytesFor(bits) : -1;
      }
    }
    last -= 64;
    if (next > n || -last > limit + 1) return -1;
  }
  return -1;
}

export function indicesDecode(n: u32, k: u32, packed: usize, available: usize, indices: usize): i32 {
  if (available == 0) return -1;
  const kind = <u32>load<u8>(packed);
  if (k == 0 || k == n) {
    if (kind != TRIVIAL) return -1;
    for (let i: u32 = 0; i < k; ++i) store<u32>(indices + ((<usize>i) << 2), i);
    return 1;
  }
  const rest = <u64>(available - 1);
  let bytes: i64 = -1;
  if (kind == LIST) bytes = decodeList(n, k, packed + 1, rest, indices);
  else if (kind == BITMAP) bytes = decodeBitmap(n, k, packed + 1, rest, indices);
  else if (kind >= RICE && kind < RICE + 32) bytes = decodeRice(n, k, kind - RICE, packed + 1, rest, indices);
  return bytes < 0 ? -1 : 1 + <i32>bytes;
}
