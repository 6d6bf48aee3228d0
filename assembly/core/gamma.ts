// Signed levels (u16 codes, level << 1 | sign) as Elias gamma codes. Layout: docs/wire-format.md, "Gamma streams".
//
// v = level + bias >= 1 with N = floor(lg v): N zeros, a one, the low N bits of v least significant first, then the sign
// bit if level > 0. The longest symbol is 31 + 1 bits (N = 15), so one 64-bit load always holds a symbol.
import { isPadded, loadUpTo8, storeBits } from "./bitpack";

const MAX_EXPONENT: u64 = 15; // v <= 32768

export function gammaBits(n: usize, bias: u32, codes: usize): f64 {
  const added = i32x4.splat(bias);
  const one = i32x4.splat(1);
  let bits: u64 = 0;
  let i: usize = 0;
  while (i + 8 <= n) {
    // 2 floor(lg v) + 1 + [level > 0]; lg from the exponent of the float, exact below 2^24. A turn adds at most 64
    const stop = min<usize>(n, i + (1 << 24));
    let lanes = i32x4.splat(0);
    for (; i + 8 <= stop; i += 8) {
      const levels = i16x8.shr_u(v128.load(codes + (i << 1)), 1);
      const low = i32x4.extend_low_i16x8_u(levels);
      const high = i32x4.extend_high_i16x8_u(levels);
      lanes = i32x4.add(lanes, i32x4.add(symbolBits(low, added), symbolBits(high, added)));
      lanes = i32x4.add(lanes, i32x4.add(i32x4.min_u(low, one), i32x4.min_u(high, one)));
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

function symbolBits(levels: v128, bias: v128): v128 {
  const exponent = i32x4.shr_u(f32x4.convert_i32x4_s(i32x4.add(levels, bias)), 23);
  return i32x4.sub(i32x4.shl(exponent, 1), i32x4.splat(253)); // 2 (exponent - 127) + 1
}

export function gammaEncode(n: usize, bias: u32, codes: usize, packed: usize): usize {
  const start = packed;
  let word: u64 = 0;
  let fill: u64 = 0;
  let i: usize = 0;
  while (i < n) {
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
  let bit: u64 = 0;
  while (codes < last) {
    let word = loadUpTo8(packed + <usize>(bit >> 3), end) >> (bit & 7);
    if (bias == 1 && codes + 16 <= last) {
      // up to eight zero levels at once; of the 57 bits at least 49 remain for the symbol that ends the run
      const run = min<u64>(8, ctz<u64>(~word));
      v128.store(codes, i32x4.splat(0));
      codes += <usize>(run << 1);
      bit += run;
      word >>= run;
      if (run == 8) continue;
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
  return <i32>((bit + 7) >> 3);
}
