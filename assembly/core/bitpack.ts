// Fixed-width bit packing, least significant bit first. T is u16 or u32.
//
// Widths 1, 2, 4 and 8 go through v128 of 16 bytes (16 values = 2 width bytes), whole machine widths are copies; other
// widths and the tails use a 64-bit accumulator (pack) or one unaligned 64-bit load per value (unpack). Neither touches
// a byte past ceil(n width / 8).

/** Up to 8 bytes at `at`, never reading at or past `end`; missing bytes are zero. */
export function loadUpTo8(at: usize, end: usize): u64 {
  if (at + 8 <= end) return load<u64>(at);
  let word: u64 = 0;
  for (let shift: u64 = 0; at < end; ++at, shift += 8) word |= (<u64>load<u8>(at)) << shift;
  return word;
}

/** The low ceil(bits / 8) bytes of a word, bits <= 64. */
export function storeBits(at: usize, word: u64, bits: u64): void {
  for (let done: u64 = 0; done < bits; done += 8, ++at, word >>= 8) store<u8>(at, word);
}

/** Whether the bits after the first `bits` bits are zero up to the next byte boundary. */
export function isPadded(packed: usize, bits: u64): bool {
  const used = bits & 7;
  return used == 0 || <u64>load<u8>(packed + <usize>(bits >> 3)) >> used == 0;
}

function bytesOf(n: usize, width: usize): usize {
  return <usize>((<u64>n * <u64>width + 7) >> 3);
}

/** 16 values below 256 as bytes. */
function narrow16<T>(at: usize): v128 {
  if (sizeof<T>() == 2) return i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_u(v128.load(at), v128.load(at, 16)),
    i16x8.narrow_i32x4_u(v128.load(at, 32), v128.load(at, 48)),
  );
}

function widen16<T>(bytes: v128, to: usize): void {
  const low = i16x8.extend_low_i8x16_u(bytes);
  const high = i16x8.extend_high_i8x16_u(bytes);
  if (sizeof<T>() == 2) {
    v128.store(to, low);
    v128.store(to, high, 16);
    return;
  }
  v128.store(to, i32x4.extend_low_i16x8_u(low));
  v128.store(to, i32x4.extend_high_i16x8_u(low), 16);
  v128.store(to, i32x4.extend_low_i16x8_u(high), 32);
  v128.store(to, i32x4.extend_high_i16x8_u(high), 48);
}

function packBytes<T>(n: usize, width: usize, values: usize, packed: usize): void {
  const end = values + n * sizeof<T>();
  const step: usize = 16 * sizeof<T>();
  if (width == 1) {
    for (; values < end; values += step, packed += 2) {
      store<u16>(packed, i8x16.bitmask(i8x16.shl(narrow16<T>(values), 7)));
    }
  } else if (width == 2) {
    for (; values < end; values += step, packed += 4) {
      let b = narrow16<T>(values);
      b = v128.or(b, i32x4.shr_u(b, 6));
      b = v128.and(v128.or(b, i32x4.shr_u(b, 12)), i32x4.splat(0xff));
      b = i16x8.narrow_i32x4_u(b, b);
      store<u32>(packed, i32x4.extract_lane(i8x16.narrow_i16x8_u(b, b), 0));
    }
  } else if (width == 4) {
    for (; values < end; values += step, packed += 8) {
      let b = narrow16<T>(values);
      b = v128.and(v128.or(b, i16x8.shr_u(b, 4)), i16x8.splat(0xff));
      store<u64>(packed, i64x2.extract_lane(i8x16.narrow_i16x8_u(b, b), 0));
    }
  } else {
    for (; values < end; values += step, packed += 16) v128.store(packed, narrow16<T>(values));
  }
}

function unpackBytes<T>(n: usize, width: usize, packed: usize, values: usize): void {
  const end = values + n * sizeof<T>();
  const step: usize = 16 * sizeof<T>();
  if (width == 1) {
    const spread = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    for (; values < end; values += step, packed += 2) {
      const b = v128.and(i8x16.swizzle(i16x8.splat(load<i16>(packed)), spread), bits);
      widen16<T>(v128.and(i8x16.eq(b, bits), i8x16.splat(1)), values);
    }
  } else if (width == 2) {
    for (; values < end; values += step, packed += 4) {
      let b = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(load<i32>(packed))));
      b = v128.or(b, i32x4.shl(b, 12));
      b = v128.or(b, i32x4.shl(b, 6));
      widen16<T>(v128.and(b, i8x16.splat(3)), values);
    }
  } else if (width == 4) {
    for (; values < end; values += step, packed += 8) {
      const b = i16x8.extend_low_i8x16_u(i64x2.splat(load<i64>(packed)));
      widen16<T>(v128.and(v128.or(b, i16x8.shl(b, 4)), i8x16.splat(15)), values);
    }
  } else {
    for (; values < end; values += step, packed += 16) widen16<T>(v128.load(packed), values);
  }
}

function isByteWidth(width: usize): bool {
  return width == 1 || width == 2 || width == 4 || width == 8;
}

function packWords<T>(n: usize, width: u64, values: usize, packed: usize): void {
  const end = values + n * sizeof<T>();
  let word: u64 = 0;
  let fill: u64 = 0;
  for (; values < end; values += sizeof<T>()) {
    const v = <u64>load<T>(values);
    word |= v << fill;
    fill += width;
    if (fill >= 64) {
      store<u64>(packed, word);
      packed += 8;
      fill -= 64;
      word = v >> (width - fill);
    }
  }
  storeBits(packed, word, fill);
}

function unpackWords<T>(n: usize, width: u64, packed: usize, values: usize): void {
  const bytes = bytesOf(n, <usize>width);
  const mask: u64 = ((<u64>1) << width) - 1;
  // value i may use a whole word while (i width >> 3) + 8 <= bytes
  const whole = bytes < 8 ? 0 : min<u64>(<u64>n, (((<u64>bytes) << 3) - 57) / width + 1);
  let bit: u64 = 0;
  let end = values + <usize>whole * sizeof<T>();
  for (; values < end; values += sizeof<T>(), bit += width) {
    store<T>(values, <T>((load<u64>(packed + <usize>(bit >> 3)) >> (bit & 7)) & mask));
  }
  end += (n - <usize>whole) * sizeof<T>();
  for (; values < end; values += sizeof<T>(), bit += width) {
    const word = loadUpTo8(packed + <usize>(bit >> 3), packed + bytes);
    store<T>(values, <T>((word >> (bit & 7)) & mask));
  }
}

function pack<T>(n: usize, width: usize, values: usize, packed: usize): usize {
  const bytes = bytesOf(n, width);
  if (bytes == 0) return 0;
  if (width == 8 * sizeof<T>()) {
    memory.copy(packed, values, bytes);
    return bytes;
  }
  let done: usize = 0;
  if (isByteWidth(width)) {
    done = n & ~15;
    packBytes<T>(done, width, values, packed);
  } else if (sizeof<T>() == 4 && width == 16) {
    done = n & ~7;
    for (let i: usize = 0; i < done; i += 8) {
      const at = values + (i << 2);
      v128.store(packed + (i << 1), i16x8.narrow_i32x4_u(v128.load(at), v128.load(at, 16)));
    }
  }
  packWords<T>(n - done, <u64>width, values + done * sizeof<T>(), packed + bytesOf(done, width));
  return bytes;
}

function unpack<T>(n: usize, width: usize, packed: usize, values: usize): void {
  if (n == 0) return;
  if (width == 0) {
    memory.fill(values, 0, n * sizeof<T>());
    return;
  }
  if (width == 8 * sizeof<T>()) {
    memory.copy(values, packed, n * sizeof<T>());
    return;
  }
  let done: usize = 0;
  if (isByteWidth(width)) {
    done = n & ~15;
    unpackBytes<T>(done, width, packed, values);
  } else if (sizeof<T>() == 4 && width == 16) {
    done = n & ~7;
    for (let i: usize = 0; i < done; i += 8) {
      const v = v128.load(packed + (i << 1));
      v128.store(values + (i << 2), i32x4.extend_low_i16x8_u(v));
      v128.store(values + (i << 2), i32x4.extend_high_i16x8_u(v), 16);
    }
  }
  if (done < n) unpackWords<T>(n - done, <u64>width, packed + bytesOf(done, width), values + done * sizeof<T>());
}

export function pack32(n: usize, width: usize, values: usize, packed: usize): usize {
  return pack<u32>(n, width, values, packed);
}
export function unpack32(n: usize, width: usize, packed: usize, values: usize): void {
  unpack<u32>(n, width, packed, values);
}
export function pack16(n: usize, width: usize, values: usize, packed: usize): usize {
  return pack<u16>(n, width, values, packed);
}
export function unpack16(n: usize, width: usize, packed: usize, values: usize): void {
  unpack<u16>(n, width, packed, values);
}
