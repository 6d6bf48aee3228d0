// u16 codes (level << 1 | sign): compaction, largest level, base-3 packing.

/** Bytes 0xff where one of 16 codes has a level. */
function leveled16(at: usize): v128 {
  const levelBits = i16x8.splat(-2);
  const zero = i16x8.splat(0);
  const low = i16x8.ne(v128.and(v128.load(at), levelBits), zero);
  return i8x16.narrow_i16x8_s(low, i16x8.ne(v128.and(v128.load(at, 16), levelBits), zero));
}

/** Bit i: code i of 64 has a level. */
function leveled64(at: usize): u64 {
  const low = <u32>i8x16.bitmask(leveled16(at)) | ((<u32>i8x16.bitmask(leveled16(at + 32))) << 16);
  const high = <u32>i8x16.bitmask(leveled16(at + 64)) | ((<u32>i8x16.bitmask(leveled16(at + 96))) << 16);
  return <u64>low | ((<u64>high) << 32);
}

/** 0.05 ns a code where 0.5 % have a level, 0.6 where three quarters have. */
export function codesCompact(n: usize, codes: usize, indices: usize, kept: usize): u32 {
  const start = kept;
  let i: usize = 0;
  for (; i + 64 <= n; i += 64) {
    const at = codes + (i << 1);
    let mask = leveled64(at);
    let count = <usize>popcnt<u64>(mask);
    if (count > 20) {
      // many: a branch for each would be mispredicted, so every code is stored, and those of level 0 are overwritten
      for (let lane: usize = 0; lane < 64; ++lane) {
        store<u32>(indices, <u32>(i + lane));
        store<u16>(kept, load<u16>(at + (lane << 1)));
        const keep = <usize>((mask >> <u64>lane) & 1);
        indices += keep << 2;
        kept += keep << 1;
      }
      continue;
    }
    // two without asking whether there are two, for the same reason
    const first = <usize>ctz<u64>(mask) & 63;
    mask &= mask - 1;
    const second = <usize>ctz<u64>(mask) & 63;
    store<u32>(indices, <u32>(i + first));
    store<u32>(indices, <u32>(i + second), 4);
    store<u16>(kept, load<u16>(at + (first << 1)));
    store<u16>(kept, load<u16>(at + (second << 1)), 2);
    if (count > 2) {
      let to: usize = 2;
      for (mask &= mask - 1; mask; mask &= mask - 1, ++to) {
        const lane = <usize>ctz<u64>(mask);
        store<u32>(indices + (to << 2), <u32>(i + lane));
        store<u16>(kept + (to << 1), load<u16>(at + (lane << 1)));
      }
    }
    indices += count << 2;
    kept += count << 1;
  }
  for (; i < n; ++i) {
    const code = <u32>load<u16>(codes + (i << 1));
    if (code < 2) continue;
    store<u32>(indices, <u32>i);
    store<u16>(kept, code);
    indices += 4;
    kept += 2;
  }
  return <u32>((kept - start) >> 1);
}

export function codesMaxLevel(n: usize, codes: usize): u32 {
  let most: u32 = 0;
  let i: usize = 0;
  let lanes = i16x8.splat(0);
  for (; i + 8 <= n; i += 8) lanes = i16x8.max_u(lanes, v128.load(codes + (i << 1)));
  lanes = i16x8.max_u(lanes, i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  lanes = i16x8.max_u(lanes, i8x16.shuffle(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15));
  most = max<u32>(i16x8.extract_lane_u(lanes, 0), i16x8.extract_lane_u(lanes, 1));
  for (; i < n; ++i) most = max<u32>(most, load<u16>(codes + (i << 1)));
  return most >> 1;
}

/** Digits of four codes (level 0 or 1), one in each 16-bit lane: level << sign. */
function digits(codes: u64): u64 {
  const levels = (codes >> 1) & 0x0001000100010001;
  return levels + (levels & codes);
}

export function tritsPack(n: usize, codes: usize, packed: usize): void {
  const whole = n / 5;
  for (let end = packed + whole; packed < end; ++packed, codes += 10) {
    // lane 3 of the product is d0 + 3 d1 + 9 d2 + 27 d3
    const low = (digits(load<u64>(codes)) * 0x000100030009001b) >> 48;
    store<u8>(packed, low + 81 * digits(load<u16>(codes, 8)));
  }
  let rest = n - whole * 5;
  if (rest == 0) return;
  let sum: u64 = 0;
  while (rest) {
    --rest;
    sum = sum * 3 + digits(load<u16>(codes + (rest << 1)));
  }
  store<u8>(packed, sum);
}

export function tritsUnpack(n: usize, packed: usize, codes: usize): u32 {
  const end = codes + (n << 1);
  const third = i16x8(171, 57, 19, 0, 0, 0, 0, 0); // b/3, b/9, b/27 = b m >> 9, exact for b <= 255
  const over80 = i16x8(32767, 32767, 32767, 80, 32767, 32767, 32767, 32767);
  const over161 = i16x8(32767, 32767, 32767, 161, 32767, 32767, 32767, 32767);
  const three = i16x8.splat(3);
  const zero = i16x8.splat(0);
  let most: u32 = 0;
  // a store covers 8 codes, 3 of which the next one replaces
  for (; codes + 16 <= end; codes += 10, ++packed) {
    const byte = <u32>load<u8>(packed);
    most = max<u32>(most, byte);
    const b = i16x8.splat(<i16>byte);
    let q = i16x8.shr_u(i16x8.mul(b, third), 9);
    q = i16x8.sub(i16x8.sub(q, i16x8.gt_s(b, over80)), i16x8.gt_s(b, over161));
    const shifted = i8x16.shuffle(b, q, 0, 1, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    const digit = i16x8.sub(shifted, i16x8.mul(q, three));
    v128.store(codes, i16x8.sub(digit, i16x8.ne(digit, zero)));
  }
  for (; codes < end; ++packed) {
    let byte = <u32>load<u8>(packed);
    most = max<u32>(most, byte);
    for (let digit = 0; digit < 5 && codes < end; ++digit, codes += 2) {
      const d = byte % 3;
      byte /= 3;
      store<u16>(codes, d + u32(d > 0));
    }
    if (codes >= end && byte) return 0;
  }
  return u32(most <= 242);
}
