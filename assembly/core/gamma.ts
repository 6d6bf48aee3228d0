// Signed levels (u16 codes, level << 1 | sign) as Elias gamma codes. Layout: docs/wire-format.md, "Gamma streams".
//
// v = level + bias >= 1 with N = floor(lg v): N zeros, a one, the low N bits of v least significant first, then the sign
// bit if level > 0. The longest symbol is 31 + 1 bits (N = 15), so one 64-bit load always holds a symbol.
import { isPadded, loadUpTo8, storeBits } from "./bitpack";

const MAX_EXPONENT: u64 = 15; // v <= 32768

const SYMBOLS: usize = memory.data(16, 16);
const LENGTHS: usize = memory.data(16, 16);

// What the next WINDOW bits say, by their value: bytes 0..6 codes, byte 7 their number << 4 | bits used. For bias 0 and 1
const WINDOW: u64 = 10;
const MOST: u64 = 7;
const TABLE_PAYS: usize = 128; // codes; a table is made once, at the cost of decoding 3000 codes singly
const TABLE_BYTES: usize = 8 << 10;
const TABLES: usize = memory.data(16384, 16);

/** The table of a bias, made when it is needed first (10 us). */
function tableOf(bias: u32): usize {
  const table = TABLES + <usize>bias * TABLE_BYTES;
  if (load<u64>(table + TABLE_BYTES - 8)) return table;
  for (let window: u64 = 0; window < (<u64>1) << WINDOW; ++window) {
    let entry: u64 = 0;
    let count: u64 = 0;
    let bit: u64 = 0;
    while (count < MOST && bit < WINDOW) {
      const rest = window >> bit;
      const exponent = ctz<u64>(rest);
      if (bit + 2 * exponent + 1 > WINDOW) break;
      const head = (<u64>1) << exponent;
      const level = (head | ((rest >> (exponent + 1)) & (head - 1))) - <u64>bias;
      const signed = u64(level > 0);
      const length = 2 * exponent + 1 + signed;
      if (bit + length > WINDOW) break;
      entry |= ((level << 1) | ((rest >> (length - 1)) & signed)) << (8 * count);
      ++count;
      bit += length;
    }
    store<u64>(table + ((<usize>window) << 3), entry | ((bit | (count << 4)) << 56));
  }
  return table;
}

export function gammaBits(n: usize, bias: u32, codes: usize): f64 {
  const lengths = lengthsOf(bias);
  let bits: u64 = 0;
  let i: usize = 0;
  while (i + 16 <= n) {
    const stop = min<usize>(n, i + (1 << 24)); // a turn adds at most 128 to a lane
    let lanes = i32x4.splat(0);
    for (; i + 16 <= stop; i += 16) {
      const low = v128.load(codes + (i << 1));
      const high = v128.load(codes + (i << 1), 16);
      if (v128.any_true(v128.and(v128.or(low, high), i16x8.splat(-16)))) {
        lanes = i32x4.add(lanes, i32x4.add(eightBits(low, bias), eightBits(high, bias)));
      } else {
        const bytes = i8x16.swizzle(lengths, i8x16.narrow_i16x8_u(low, high));
        lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
      }
    }
    bits += <u64>(<u32>i32x4.extract_lane(lanes, 0)) + <u64>(<u32>i32x4.extract_lane(lanes, 1));
    bits += <u64>(<u32>i32x4.extract_lane(lanes, 2)) + <u64>(<u32>i32x4.extract_lane(lanes, 3));
  }
  for (; i < n; ++i) {
    const level = <u32>load<u16>(codes + (i << 1)) >> 1;
    bits += 63 - 2 * clz<u32>(level + bias) + u32(level > 0);
  }
  return <f64>bits;
}

/** Bits of eight codes, 2 floor(lg v) + 1 + [level > 0] each, summed in four lanes. */
function eightBits(codes: v128, bias: u32): v128 {
  const added = i32x4.splat(bias);
  const one = i32x4.splat(1);
  const levels = i16x8.shr_u(codes, 1);
  const low = i32x4.extend_low_i16x8_u(levels);
  const high = i32x4.extend_high_i16x8_u(levels);
  const sum = i32x4.add(symbolBits(low, added), symbolBits(high, added));
  return i32x4.add(sum, i32x4.add(i32x4.min_u(low, one), i32x4.min_u(high, one)));
}

/** 2 floor(lg v) + 1; lg from the exponent of the float, exact below 2^24. */
function symbolBits(levels: v128, bias: v128): v128 {
  const exponent = i32x4.shr_u(f32x4.convert_i32x4_s(i32x4.add(levels, bias)), 23);
  return i32x4.sub(i32x4.shl(exponent, 1), i32x4.splat(253)); // 2 (exponent - 127) + 1
}

/** Bits of the symbols of codes 0..15. */
function lengthsOf(bias: u32): v128 {
  if (bias == 1) return i8x16(1, 1, 4, 4, 4, 4, 6, 6, 6, 6, 6, 6, 6, 6, 8, 8);
  return i8x16(0, 0, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6, 6, 6, 6, 6);
}

/** Up to four symbols in each 32-bit lane, for 16 codes below 16 as bytes; the bits of each lane go to LENGTHS. */
function symbols16(codes: v128, bias: u32): v128 {
  // of the symbols of codes 0..15: the bits, and 2^(length - 1). Eight bits at most: v <= 8
  const one = bias == 1;
  const bits = one
    ? i8x16(1, 1, 2, 10, 6, 14, 4, 36, 12, 44, 20, 52, 28, 60, 8, -120)
    : i8x16(0, 0, 1, 3, 2, 10, 6, 14, 4, 36, 12, 44, 20, 52, 28, 60);
  const halves = one
    ? i8x16(1, 1, 8, 8, 8, 8, 32, 32, 32, 32, 32, 32, 32, 32, -128, -128)
    : i8x16(0, 0, 2, 2, 8, 8, 8, 8, 32, 32, 32, 32, 32, 32, 32, 32);
  const low = i16x8.splat(255);
  // there are no shifts by lanes: a symbol moves behind its neighbour by a product
  const symbol = i8x16.swizzle(bits, codes);
  const shift = i16x8.shl(v128.and(i8x16.swizzle(halves, codes), low), 1);
  const pair = i16x8.add(v128.and(symbol, low), i16x8.mul(i16x8.shr_u(symbol, 8), shift));
  const length = i16x8.extadd_pairwise_i8x16_u(i8x16.swizzle(lengthsOf(bias), codes));
  v128.store(LENGTHS, i32x4.extadd_pairwise_i16x8_u(length));
  const first = v128.and(length, i32x4.splat(65535));
  const power = i32x4.trunc_sat_f32x4_u(i32x4.shl(i32x4.add(first, i32x4.splat(127)), 23));
  return i32x4.add(v128.and(pair, i32x4.splat(65535)), i32x4.mul(i32x4.shr_u(pair, 16), power));
}

export function gammaEncode(n: usize, bias: u32, codes: usize, packed: usize): usize {
  const start = packed;
  let word: u64 = 0;
  let fill: u64 = 0;
  let i: usize = 0;
  while (i < n) {
    // a code has a bit or more, so that behind 64 further codes eight bytes can be stored at once
    while (i + 80 <= n) {
      const low = v128.load(codes + (i << 1));
      const high = v128.load(codes + (i << 1), 16);
      if (v128.any_true(v128.and(v128.or(low, high), i16x8.splat(-16)))) break;
      const four = symbols16(i8x16.narrow_i16x8_u(low, high), bias);
      v128.store(SYMBOLS, four);
      store<u64>(packed, word);
      packed += <usize>(fill >> 3);
      word >>= fill & 0x38;
      fill &= 7;
      for (let lane: usize = 0; lane < 16; lane += 4) {
        word |= (<u64>load<u32>(SYMBOLS + lane)) << fill;
        store<u64>(packed, word);
        fill += <u64>load<u32>(LENGTHS + lane);
        packed += <usize>(fill >> 3);
        word >>= fill & 0x38;
        fill &= 7;
      }
      i += 16;
    }
    const block = min<usize>(n, i + 8);
    let symbol: u64 = 0xff;
    let length: u64 = 8;
    // eight zero levels are eight ones
    const zeros = bias == 1 && block - i == 8 && !v128.any_true(v128.load(codes + (i << 1)));
    do {
      if (zeros) i = block;
      else {
        const code = <u64>load<u16>(codes + (i << 1));
        const signed = u64(code > 1);
        const v = (code >> 1) + <u64>bias;
        const exponent: u64 = 63 - clz<u64>(v);
        const head = (<u64>1) << exponent;
        symbol = head | (((v ^ head) | ((code & signed) << exponent)) << (exponent + 1));
        length = 2 * exponent + 1 + signed;
        ++i;
      }
      word |= symbol << fill;
      fill += length;
      if (fill >= 64) {
        store<u64>(packed, word);
        packed += 8;
        fill -= 64;
        word = symbol >> (length - fill);
      }
    } while (i < block);
  }
  storeBits(packed, word, fill);
  return packed - start + <usize>((fill + 7) >> 3);
}

export function gammaDecode(n: usize, bias: u32, maxLevel: u32, packed: usize, available: usize, codes: usize): i32 {
  const end = packed + available;
  const last = codes + (n << 1);
  const table = n >= TABLE_PAYS ? tableOf(bias) : 0;
  let most = i16x8.splat(0);
  let bit: u64 = 0;
  while (codes < last) {
    let word = loadUpTo8(packed + <usize>(bit >> 3), end) >> (bit & 7);
    if (table && codes + 80 <= last) {
      // five windows in the 57 bits; each stores 8 codes, of which the last one is rubbish
      let entry: u64 = 0;
      for (let turn = 0; turn < 5; ++turn) {
        const at = table + ((<usize>(word & ((1 << WINDOW) - 1))) << 3);
        entry = load<u64>(at) >> 56;
        const eight = v128.load_ext<u8>(at);
        v128.store(codes, eight);
        most = i16x8.max_u(most, eight);
        codes += (<usize>(entry >> 4)) << 1;
        bit += entry & 15;
        word >>= entry & 15;
      }
      if (entry) continue; // else the last window begins with a longer symbol
      word = loadUpTo8(packed + <usize>(bit >> 3), end) >> (bit & 7);
    }
    // bytes past the end read as zeros, hence end in a run of zeros that is too long or in a bit count that is too large
    const exponent = ctz<u64>(word);
    if (exponent > MAX_EXPONENT) return -1;
    const head = (<u64>1) << exponent;
    const level = <u32>(head | ((word >> (exponent + 1)) & (head - 1))) - bias;
    if (level > maxLevel) return -1;
    const signed = u32(level > 0);
    const sign = <u32>(word >> (2 * exponent + 1)) & signed;
    bit += 2 * exponent + 1 + signed;
    store<u16>(codes, (level << 1) | sign);
    codes += 2;
  }
  if (bit > (<u64>available) << 3 || !isPadded(packed, bit)) return -1;
  for (let lane = 0; lane < 7; ++lane) {
    if (i16x8.extract_lane_u(most, 0) >> 1 > maxLevel) return -1;
    most = i8x16.shuffle(most, most, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1);
  }
  return <i32>((bit + 7) >> 3);
}
