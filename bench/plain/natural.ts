/**
 * Natural compression in plain JS, on the bits: magnitude + random mantissa carries into the exponent with the
 * mantissa's probability, so that one addition rounds. The library's planes: f32 sign bits and exponent bytes; f64 low
 * exponent bytes and nibbles. Planes are separate arrays here, so that stores are whole. The decoder trusts its bytes.
 *
 * f64 draws 32 bits against the top 32 of the mantissa: a bias of at most 2^-32, where the library has none.
 */
import type { Stream } from "./random.ts";
import type { Floats } from "./vec.ts";

export interface NaturalBuffer {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

export const naturalBuffer = (n: number, dtype: "f32" | "f64"): NaturalBuffer =>
  dtype === "f32"
    ? { first: new Uint8Array((n + 7) >>> 3), second: new Uint8Array(n) }
    : { first: new Uint8Array(n), second: new Uint8Array((n + 1) >>> 1) };

export function naturalEncode32(n: number, bits: Int32Array, rng: Stream, out: NaturalBuffer): number {
  const { first, second } = out;
  let a = rng.a | 0; // an integer to the engine too, not a number that might be a fraction
  let b = rng.b | 0;
  let c = rng.c | 0;
  let k = rng.k | 0;
  const body = n & ~7;
  for (let i = 0; i < body; i += 8) {
    let signs = 0;
    for (let j = 0; j < 8; ++j) {
      const t = (a + b + k) | 0;
      k = (k + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      const word = bits[i + j]!;
      let e = ((word & 0x7fffffff) + (t >>> 9)) >>> 23;
      if (e > 254) e = largest32(word);
      second[i + j] = e;
      signs |= ((word & -e) >>> 31) << j;
    }
    first[i >>> 3] = signs;
  }
  rng.a = a;
  rng.b = b;
  rng.c = c;
  rng.k = k;
  let signs = 0;
  for (let i = body; i < n; ++i) {
    const word = bits[i]!;
    let e = ((word & 0x7fffffff) + (rng.next() >>> 9)) >>> 23;
    if (e > 254) e = largest32(word);
    second[i] = e;
    signs |= ((word & -e) >>> 31) << (i & 7);
  }
  first[n >>> 3] = signs; // ignored past the end
  return n + ((n + 7) >>> 3);
}

/** Rounding up stops at the largest exponent. @throws RangeError for an entry that is not finite */
function largest32(word: number): number {
  if ((word & 0x7f800000) === 0x7f800000) throw new RangeError("natural: entries must be finite");
  return 254;
}

/** `bits` has two words an element, low first. */
export function naturalEncode64(n: number, bits: Int32Array, rng: Stream, out: NaturalBuffer): number {
  const { first, second } = out;
  let a = rng.a | 0; // an integer to the engine too, not a number that might be a fraction
  let b = rng.b | 0;
  let c = rng.c | 0;
  let k = rng.k | 0;
  const body = n & ~1;
  for (let i = 0; i < body; i += 2) {
    let pair = 0;
    for (let j = 0; j < 2; ++j) {
      const t = (a + b + k) | 0;
      k = (k + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      const high = bits[2 * (i + j) + 1]!;
      const mantissa = (high << 12) | (bits[2 * (i + j)]! >>> 20);
      let e = ((high >>> 20) & 2047) + +(t >>> 0 < mantissa >>> 0);
      if (e > 2046) e = largest64(high);
      first[i + j] = e;
      pair |= ((((high & -e) >>> 28) & 8) | (e >>> 8)) << (4 * j);
    }
    second[i >>> 1] = pair;
  }
  rng.a = a;
  rng.b = b;
  rng.c = c;
  rng.k = k;
  if (body < n) {
    const high = bits[2 * body + 1]!;
    const mantissa = (high << 12) | (bits[2 * body]! >>> 20);
    let e = ((high >>> 20) & 2047) + +(rng.next() >>> 0 < mantissa >>> 0);
    if (e > 2046) e = largest64(high);
    first[body] = e;
    second[body >>> 1] = (((high & -e) >>> 28) & 8) | (e >>> 8);
  }
  return n + ((n + 1) >>> 1);
}

function largest64(high: number): number {
  if ((high & 0x7ff00000) === 0x7ff00000) throw new RangeError("natural: entries must be finite");
  return 2046;
}

/** acc += scale * C(x): values looked up by exponent, the sign put on the product. */
export function naturalAdd32(n: number, scale: number, message: NaturalBuffer, acc: Floats): void {
  const { first, second } = message;
  const values = new Float64Array(512);
  for (let e = 1; e < 255; ++e) {
    values[e] = scale * 2 ** (e - 127);
    values[e + 256] = -values[e]!;
  }
  const body = n & ~7;
  for (let i = 0; i < body; i += 8) {
    let signs = first[i >>> 3]! << 8;
    for (let j = 0; j < 8; ++j, signs >>>= 1) acc[i + j] = acc[i + j]! + values[(signs & 256) | second[i + j]!]!;
  }
  let signs = (first[n >>> 3]! << 8) | 0;
  for (let i = body; i < n; ++i, signs >>>= 1) acc[i] = acc[i]! + values[(signs & 256) | second[i]!]!;
}

const powers = new Float64Array(2048);
for (let e = 1; e < 2047; ++e) powers[e] = 2 ** (e - 1023);

export function naturalAdd64(n: number, scale: number, message: NaturalBuffer, acc: Floats): void {
  const { first, second } = message;
  for (let i = 0; i < n; ++i) {
    const nibble = (second[i >>> 1]! >>> (4 * (i & 1))) & 15;
    const value = scale * powers[((nibble & 7) << 8) | first[i]!]!;
    acc[i] = acc[i]! + (nibble > 7 ? -value : value);
  }
}
