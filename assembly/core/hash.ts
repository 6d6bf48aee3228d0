// XXH64 (Yann Collet, github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Detects corruption, not tampering.
// biome-ignore-all lint/correctness/noPrecisionLoss: 64-bit integers

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * P2, 31) * P1;
}

function mergeRound(h: u64, lane: u64): u64 {
  return (h ^ round(0, lane)) * P1 + P4;
}

/** Whole 32-byte stripes, then the four lanes joined. */
function stripes(p: usize, end: usize, seed: u64): u64 {
  let a = seed + P1 + P2;
  let b = seed + P2;
  let c = seed;
  let d = seed - P1;
  for (; p < end; p += 32) {
    a = round(a, load<u64>(p));
    b = round(b, load<u64>(p, 8));
    c = round(c, load<u64>(p, 16));
    d = round(d, load<u64>(p, 24));
  }
  let h = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
  h = mergeRound(h, a);
  h = mergeRound(h, b);
  h = mergeRound(h, c);
  return mergeRound(h, d);
}

export function xxh64(bytes: usize, length: usize, seedLow: u32, seedHigh: u32, out: usize): void {
  const seed = ((<u64>seedHigh) << 32) | <u64>seedLow;
  const end = bytes + length;
  let p = bytes;
  let h = seed + P5;
  if (length >= 32) {
    p += length & ~31;
    h = stripes(bytes, p, seed);
  }
  h += <u64>length;
  for (; p + 8 <= end; p += 8) h = rotl<u64>(h ^ round(0, load<u64>(p)), 27) * P1 + P4;
  if (p + 4 <= end) {
    h = rotl<u64>(h ^ (<u64>load<u32>(p) * P1), 23) * P2 + P3;
    p += 4;
  }
  for (; p < end; ++p) h = rotl<u64>(h ^ (<u64>load<u8>(p) * P5), 11) * P1;
  h = (h ^ (h >> 33)) * P2;
  h = (h ^ (h >> 29)) * P3;
  store<u64>(out, h ^ (h >> 32));
}
