// Exact selection of the k largest magnitudes, O(n), and random k-subsets.
//
// Magnitudes are compared as integers: for IEEE floats the bit pattern without its sign orders like |x|, and NaN and Inf
// have the largest patterns, so that they always turn up among the candidates. I is the signed integer as wide as T;
// a threshold of -1 lets everything through.
//
// topK: a sample of fixed odd stride gives a threshold t that slightly more than k entries should exceed; one SIMD pass
// lists those; the exact k-th magnitude comes from a radix histogram over the list. When the estimate misses, the same
// histogram runs over x itself, with what is known of t as bounds: at most ceil(31/11) = 3 (f32) or 6 (f64) passes.
// Measured at n = 2^20, k = 1 %: 0.22 ns an entry (f32; a SIMD sum takes 0.044) and 0.37 (f64); all ties 0.32 and 0.77;
// every sampled entry misleading: 2.2 and 3.2.
//
// Scratch: result (threshold, then number of ties to take at 8) | histogram | list (u32) | its patterns | pool.
import { rngBelow } from "./random";

const SAMPLE: usize = 2048;
const MIN_SAMPLED: usize = 8192; // below, a histogram over x costs less than 20 us
const RADIX = 11;
const HISTOGRAM: usize = 64;
const LIST: usize = HISTOGRAM + (4 << RADIX);
const LIST_SLACK: usize = 256; // a turn of `collect` stores up to 64 entries past the last full check

function magnitude<I>(at: usize): I {
  if (sizeof<I>() == 4) return <I>(load<i32>(at) & 0x7fffffff);
  return <I>(load<i64>(at) & i64.MAX_VALUE);
}

function infinity<I>(): I {
  if (sizeof<I>() == 4) return <I>0x7f800000;
  return <I>0x7ff0000000000000;
}

function above<I>(at: usize, t: v128): v128 {
  if (sizeof<I>() == 4) return i32x4.gt_s(v128.and(v128.load(at), i32x4.splat(0x7fffffff)), t);
  const mask = i64x2.splat(i64.MAX_VALUE);
  const low = i64x2.gt_s(v128.and(v128.load(at), mask), t);
  const high = i64x2.gt_s(v128.and(v128.load(at, 16), mask), t);
  return i8x16.shuffle(low, high, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}

function splat<I>(t: I): v128 {
  if (sizeof<I>() == 4) return i32x4.splat(<i32>t);
  return i64x2.splat(<i64>t);
}

/** Bit i: |x_i| > t, for 16 entries. */
function above16<I>(at: usize, t: v128): u64 {
  const step: usize = 4 * sizeof<I>();
  const low = i16x8.narrow_i32x4_s(above<I>(at, t), above<I>(at + step, t));
  const high = i16x8.narrow_i32x4_s(above<I>(at + 2 * step, t), above<I>(at + 3 * step, t));
  return <u64>(<u32>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)));
}

function above64<I>(at: usize, t: v128): u64 {
  const step: usize = 16 * sizeof<I>();
  const low = above16<I>(at, t) | (above16<I>(at + step, t) << 16);
  return low | (above16<I>(at + 2 * step, t) << 32) | (above16<I>(at + 3 * step, t) << 48);
}

function aboveTail<I>(count: usize, at: usize, t: I): u64 {
  let mask: u64 = 0;
  for (let i: usize = 0; i < count; ++i) mask |= (<u64>(magnitude<I>(at + i * sizeof<I>()) > t)) << i;
  return mask;
}

/** Smallest and largest magnitude, to result[0] and result[16]. */
function range<I>(n: usize, x: usize, result: usize): void {
  const first = magnitude<I>(x);
  let low = splat<I>(first);
  let high = low;
  const lanes: usize = 16 / sizeof<I>();
  const mask = sizeof<I>() == 4 ? i32x4.splat(0x7fffffff) : i64x2.splat(i64.MAX_VALUE);
  let i: usize = 0;
  for (; i + lanes <= n; i += lanes) {
    const m = v128.and(v128.load(x + i * sizeof<I>()), mask);
    if (sizeof<I>() == 4) {
      low = i32x4.min_s(low, m);
      high = i32x4.max_s(high, m);
    } else {
      low = v128.bitselect(m, low, i64x2.gt_s(low, m));
      high = v128.bitselect(m, high, i64x2.gt_s(m, high));
    }
  }
  v128.store(result, low);
  v128.store(result, high, 16);
  let least = load<I>(result);
  let most = load<I>(result, 16);
  for (let lane: usize = 1; lane < lanes; ++lane) {
    least = min<I>(least, load<I>(result + lane * sizeof<I>()));
    most = max<I>(most, load<I>(result + lane * sizeof<I>(), 16));
  }
  for (; i < n; ++i) {
    const m = magnitude<I>(x + i * sizeof<I>());
    least = min<I>(least, m);
    most = max<I>(most, m);
  }
  store<I>(result, least);
  store<I>(result, most, 16);
}

/**
 * Finds (T, ties) such that the entries above T and `ties` of those equal to T are the `need` largest of the entries in
 * [lo, hi]; source holds floats or magnitudes. Once the interesting bucket fits, it moves to the pool (source may be the pool).
 */
function selectRank<I>(n: usize, source: usize, need: u32, lo: I, hi: I, pool: usize, room: u32, scratch: usize): void {
  const histogram = scratch + HISTOGRAM;
  while (lo < hi) {
    const width = 8 * <i32>sizeof<I>() - <i32>clz<I>(hi - lo);
    const shift = <I>max(0, width - RADIX);
    const span = <u64>(hi - lo);
    memory.fill(histogram, 0, 4 << RADIX);
    for (let i: usize = 0; i < n; ++i) {
      const offset = magnitude<I>(source + i * sizeof<I>()) - lo;
      if (offset < 0 || <u64>offset > span) continue;
      const cell = histogram + ((<usize>(offset >> shift)) << 2);
      store<u32>(cell, load<u32>(cell) + 1);
    }
    let bucket = <usize>((hi - lo) >> shift);
    let count = load<u32>(histogram + (bucket << 2));
    while (count < need) {
      need -= count;
      --bucket;
      count = load<u32>(histogram + (bucket << 2));
    }
    lo += (<I>bucket) << shift;
    hi = min<I>(hi, lo + ((<I>1) << shift) - 1);
    if (count == need) {
      lo -= 1; // the whole bucket is taken
      need = 0;
      break;
    }
    if (lo < hi && count <= room) {
      n = gatherBetween<I>(n, source, lo, hi, pool);
      source = pool;
    }
  }
  store<I>(scratch, lo);
  store<u32>(scratch, need, 8);
}

/** Moves the magnitudes in [lo, hi] to the pool, in order; returns their number. */
function gatherBetween<I>(n: usize, source: usize, lo: I, hi: I, pool: usize): usize {
  let kept: usize = 0;
  for (let i: usize = 0; i < n; ++i) {
    const m = magnitude<I>(source + i * sizeof<I>());
    if (m < lo || m > hi) continue;
    store<I>(pool + kept * sizeof<I>(), m);
    ++kept;
  }
  return kept;
}

/** Lists the entries above t, ascending, numbered from `origin`. Returns their number, or more than `room` as soon as they are too many. */
function collect<I>(n: usize, x: usize, t: I, origin: usize, list: usize, room: u32): u32 {
  const splatted = splat<I>(t);
  let count: u32 = 0;
  for (let base: usize = 0; base < n; base += 64) {
    const at = x + base * sizeof<I>();
    const first = <u32>(origin + base);
    let word = n - base >= 64 ? above64<I>(at, splatted) : aboveTail<I>(n - base, at, t);
    let to = list + ((<usize>count) << 2);
    count += <u32>popcnt<u64>(word);
    // two stores without asking whether there are two: branches on rare bits mispredict
    store<u32>(to, first + <u32>ctz<u64>(word));
    word &= word - 1;
    store<u32>(to, first + <u32>ctz<u64>(word), 4);
    word &= word - 1;
    while (word) {
      to += 4;
      store<u32>(to, first + <u32>ctz<u64>(word), 4);
      word &= word - 1;
    }
    if (count > room) break;
  }
  return count;
}

function countAbove<I>(n: usize, x: usize, t: I): u32 {
  const splatted = splat<I>(t);
  let count: u32 = 0;
  for (let base: usize = 0; base < n; base += 64) {
    const at = x + base * sizeof<I>();
    count += <u32>popcnt<u64>(n - base >= 64 ? above64<I>(at, splatted) : aboveTail<I>(n - base, at, t));
  }
  return count;
}

/** The lowest `keep` set bits of a word that has more. */
function lowestBits(word: u64, keep: u32): u64 {
  let rest = word;
  for (; keep; --keep) rest &= rest - 1;
  return word ^ rest;
}

/** Writes the indices of the entries above T and of the first `ties` entries equal to T. */
function emit<I>(n: usize, x: usize, scratch: usize, indices: usize): void {
  const t = load<I>(scratch);
  let ties = load<u32>(scratch, 8);
  const splatted = splat<I>(t);
  const lower = splat<I>(t - 1);
  for (let base: usize = 0; base < n; base += 64) {
    const at = x + base * sizeof<I>();
    const full = n - base >= 64;
    let word = full ? above64<I>(at, splatted) : aboveTail<I>(n - base, at, t);
    if (ties) {
      let equal = (full ? above64<I>(at, lower) : aboveTail<I>(n - base, at, t - 1)) ^ word;
      let many = <u32>popcnt<u64>(equal);
      if (many > ties) {
        equal = lowestBits(equal, ties);
        many = ties;
      }
      ties -= many;
      word |= equal;
    }
    for (; word; word &= word - 1) {
      store<u32>(indices, <u32>base + <u32>ctz<u64>(word));
      indices += 4;
    }
  }
}

/** The same from the list; stops at the k-th, so that the unconditional store stays inside. */
function emitListed<I>(k: u32, list: usize, patterns: usize, scratch: usize, indices: usize): void {
  const t = load<I>(scratch);
  let ties = load<u32>(scratch, 8);
  const end = indices + ((<usize>k) << 2);
  while (indices < end) {
    const m = load<I>(patterns);
    store<u32>(indices, load<u32>(list));
    const tie = u32(m == t) & u32(ties > 0);
    ties -= tie;
    indices += (<usize>(u32(m > t) | tie)) << 2;
    list += 4;
    patterns += sizeof<I>();
  }
}

function firstNonFinite<I>(n: usize, x: usize): i32 {
  let i: usize = 0;
  while (i < n && magnitude<I>(x + i * sizeof<I>()) < infinity<I>()) ++i;
  return -1 - <i32>i;
}

/** Without a list: the k-th magnitude lies in [lo, hi], `need` entries of that range are taken. hi < 0: not known. */
function selectDense<I>(
  n: usize,
  x: usize,
  need: u32,
  lo: I,
  hi: I,
  pool: usize,
  room: u32,
  scratch: usize,
  indices: usize,
): i32 {
  range<I>(n, x, scratch);
  const least = load<I>(scratch);
  const most = load<I>(scratch, 16);
  if (most >= infinity<I>()) return firstNonFinite<I>(n, x);
  selectRank<I>(n, x, need, max<I>(lo, least), hi < 0 ? most : min<I>(hi, most), pool, room, scratch);
  emit<I>(n, x, scratch, indices);
  return 0;
}

/** The magnitude of the given rank in the sample (or just below it, if no tie stands there); leaves it in scratch. */
function sampleThreshold<I>(n: usize, x: usize, rank: u32, pool: usize, scratch: usize): I {
  const stride: usize = (n / SAMPLE - 1) | 1; // odd: a power-of-two layout of x cannot resonate with it
  for (let i: usize = 0; i < SAMPLE; ++i) {
    store<I>(pool + i * sizeof<I>(), magnitude<I>(x + i * stride * sizeof<I>()));
  }
  range<I>(SAMPLE, pool, scratch);
  selectRank<I>(SAMPLE, pool, rank, load<I>(scratch), load<I>(scratch, 16), pool, <u32>SAMPLE, scratch);
  return load<I>(scratch);
}

/** Large k or small n: a histogram over x, unless a sample shows at which tie the k-th stands (zeros, coarse levels). */
function topKDense<I>(n: usize, k: u32, x: usize, indices: usize, scratch: usize): i32 {
  const pool = scratch + LIST;
  if (n >= MIN_SAMPLED) {
    const t = sampleThreshold<I>(n, x, <u32>ceil((<f64>k * <f64>SAMPLE) / <f64>n), pool, scratch);
    const over = countAbove<I>(n, x, t);
    if (over < k && t < infinity<I>() && countAbove<I>(n, x, t - 1) >= k) {
      range<I>(n, x, scratch);
      if (load<I>(scratch, 16) >= infinity<I>()) return firstNonFinite<I>(n, x);
      store<I>(scratch, t);
      store<u32>(scratch, k - over, 8);
      emit<I>(n, x, scratch, indices);
      return <i32>k;
    }
  }
  const status = selectDense<I>(n, x, k, 0, -1, pool, <u32>listRoom(n, k), scratch, indices);
  return status < 0 ? status : <i32>k;
}

/** Rank in the sample whose value is the threshold: three standard deviations below the k-th. */
function sampleRank(n: usize, k: usize): f64 {
  const expected = (<f64>k * <f64>SAMPLE) / <f64>n;
  return ceil(expected + 3 * sqrt(expected) + 4);
}

function isSampled(n: usize, k: usize): bool {
  return n >= MIN_SAMPLED && k <= n >> 2;
}

/** Length of the candidate list, or of the pool without a sample. */
function listRoom(n: usize, k: usize): usize {
  if (!isSampled(n, k)) return min<usize>(n, 4096 + (n >> 3));
  const rank = sampleRank(n, k);
  return <usize>ceil((<f64>n * (rank + 4 * sqrt(rank) + 8)) / <f64>SAMPLE);
}

function aligned(bytes: usize): usize {
  return (bytes + 15) & ~15;
}

export function topKScratch(n: usize, k: usize): usize {
  const room = listRoom(n, k);
  if (!isSampled(n, k)) return LIST + aligned(8 * room);
  return LIST + aligned(4 * room + LIST_SLACK) + 2 * aligned(8 * max<usize>(room, SAMPLE));
}

/** Samples x and leaves the threshold in scratch. Returns false where that is no way to begin: `topK` knows another. */
function begin<I>(n: usize, k: usize, x: usize, scratch: usize): bool {
  if (!isSampled(n, k)) return false;
  return sampleThreshold<I>(n, x, <u32>sampleRank(n, k), poolOf(n, k, scratch), scratch) < infinity<I>();
}

function patternsOf(n: usize, k: usize, scratch: usize): usize {
  return scratch + LIST + aligned(4 * listRoom(n, k) + LIST_SLACK);
}

function poolOf(n: usize, k: usize, scratch: usize): usize {
  return patternsOf(n, k, scratch) + aligned(8 * max<usize>(listRoom(n, k), SAMPLE));
}

function topK<I>(n: usize, k: usize, x: usize, indices: usize, scratch: usize): i32 {
  if (!isSampled(n, k)) return topKDense<I>(n, <u32>k, x, indices, scratch);
  if (!begin<I>(n, k, x, scratch)) return firstNonFinite<I>(n, x);
  const count = collect<I>(n, x, load<I>(scratch), 0, scratch + LIST, <u32>listRoom(n, k));
  return listed<I>(n, k, x, indices, scratch, count);
}

/** What follows once the `count` entries above the threshold in scratch are listed there, or too many to be. */
function listed<I>(n: usize, k: usize, x: usize, indices: usize, scratch: usize, count: u32): i32 {
  const room = listRoom(n, k);
  const list = scratch + LIST;
  const patterns = patternsOf(n, k, scratch);
  const pool = poolOf(n, k, scratch);
  const t = load<I>(scratch);
  let status = 0;
  if (count > <u32>room) {
    status = selectDense<I>(n, x, <u32>k, t + 1, -1, pool, <u32>room, scratch, indices);
    return status < 0 ? status : <i32>k;
  }
  let most: I = 0;
  for (let j: usize = 0; j < count; ++j) {
    const m = magnitude<I>(x + <usize>load<u32>(list + (j << 2)) * sizeof<I>());
    store<I>(patterns + j * sizeof<I>(), m);
    most = max<I>(most, m);
  }
  if (most >= infinity<I>()) {
    let j: usize = 0;
    while (load<I>(patterns + j * sizeof<I>()) < infinity<I>()) ++j;
    return -1 - load<i32>(list + (j << 2));
  }
  if (count >= <u32>k) {
    selectRank<I>(count, patterns, <u32>k, t + 1, most, pool, <u32>room, scratch);
    emitListed<I>(<u32>k, list, patterns, scratch, indices);
    return <i32>k;
  }
  // Too few above t. Usually t itself is the k-th magnitude (ties, mostly zeros).
  const reached = countAbove<I>(n, x, t - 1);
  if (reached >= <u32>k) {
    store<I>(scratch, t);
    store<u32>(scratch, <u32>k - count, 8);
    emit<I>(n, x, scratch, indices);
    return <i32>k;
  }
  status = selectDense<I>(n, x, <u32>k - reached, 0, t - 1, pool, <u32>room, scratch, indices);
  return status < 0 ? status : <i32>k;
}

export function topK_f32(n: usize, k: usize, x: usize, indices: usize, scratch: usize): i32 {
  return topK<i32>(n, k, x, indices, scratch);
}
export function topK_f64(n: usize, k: usize, x: usize, indices: usize, scratch: usize): i32 {
  return topK<i64>(n, k, x, indices, scratch);
}

export function randomSubset(n: u32, k: u32, rng: usize, indices: usize, bitmap: usize): void {
  const end = indices + ((<usize>k) << 2);
  let to = indices;
  for (let j = n - k; to < end; ++j, to += 4) {
    let pick = rngBelow(rng, j + 1);
    let cell = bitmap + (pick >> 3);
    let bits = <u32>load<u8>(cell);
    if ((bits >> (pick & 7)) & 1) {
      pick = j;
      cell = bitmap + (pick >> 3);
      bits = <u32>load<u8>(cell);
    }
    store<u8>(cell, bits | (1 << (pick & 7)));
    store<u32>(to, pick);
  }
  for (to = indices; to < end; to += 4) store<u8>(bitmap + (load<u32>(to) >> 3), 0);
}

export function topKBegin_f32(n: usize, k: usize, x: usize, scratch: usize): bool {
  return begin<i32>(n, k, x, scratch);
}
/** Lists n of the entries, of which x is the first and has the number `origin`. */
export function topKCollect_f32(n: usize, x: usize, origin: usize, list: usize, scratch: usize): u32 {
  return collect<i32>(n, x, load<i32>(scratch), origin, list, <u32>n);
}
export function topKListed_f32(n: usize, k: usize, x: usize, indices: usize, scratch: usize, count: u32): i32 {
  return listed<i32>(n, k, x, indices, scratch, count);
}

export function topKBegin_f64(n: usize, k: usize, x: usize, scratch: usize): bool {
  return begin<i64>(n, k, x, scratch);
}
/** Lists n of the entries, of which x is the first and has the number `origin`. */
export function topKCollect_f64(n: usize, x: usize, origin: usize, list: usize, scratch: usize): u32 {
  return collect<i64>(n, x, load<i64>(scratch), origin, list, <u32>n);
}
export function topKListed_f64(n: usize, k: usize, x: usize, indices: usize, scratch: usize, count: u32): i32 {
  return listed<i64>(n, k, x, indices, scratch, count);
}

/** Where the list lies, and how many entries fit. */
export function topKList(scratch: usize): usize {
  return scratch + LIST;
}
export function topKRoom(n: usize, k: usize): usize {
  return listRoom(n, k);
}
