/**
 * Random dithering in plain JS, fixed width of 4 bits (s <= 7): norm, then one pass that draws, rounds and packs eight
 * entries a word. floor(y + u) rounds at random with one addition; y <= s (1 + 2^-50) and u <= 1 - 2^-32, so levels never
 * exceed s. Not hashed; the decoder trusts its bytes.
 */
import type { Stream } from "./random.ts";
import { type Floats, norm2 } from "./vec.ts";

export interface CodeBuffer {
  /** Eight codes a word, first entry lowest. */
  readonly words: Int32Array;
  norm: number;
}

export const codeBuffer = (n: number): CodeBuffer => ({ words: new Int32Array(Math.ceil(n / 8)), norm: 0 });

/** Shared by both types: `bits[stride i + stride - 1]` holds the sign of element i. Returns the bytes of the payload. */
export function ditherEncode(
  n: number,
  s: number,
  x: Floats,
  bits: Int32Array,
  rng: Stream,
  out: CodeBuffer,
  stride: 1 | 2,
): number {
  const norm = norm2(n, x);
  if (!(norm < Number.POSITIVE_INFINITY)) throw new RangeError("dithering: entries must be finite");
  out.norm = norm;
  const scale = norm > 0 ? s / norm : 0;
  if (stride === 1) draw32(n, scale, x as Float32Array, bits, rng, out.words);
  else draw64(n, scale, x as Float64Array, bits, rng, out.words);
  drawRest(n, scale, x, bits, rng, out.words, stride);
  return 8 + ((n + 1) >>> 1);
}

function draw32(n: number, scale: number, x: Float32Array, bits: Int32Array, rng: Stream, words: Int32Array): void {
  let a = rng.a | 0; // an integer to the engine too, not a number that might be a fraction
  let b = rng.b | 0;
  let c = rng.c | 0;
  let k = rng.k | 0;
  const body = n & ~7;
  for (let i = 0; i < body; i += 8) {
    let word = 0;
    // a loop of constant length: 1.96 ns an element against 2.25 with a bound that varies
    for (let j = 0; j < 8; ++j) {
      const t = (a + b + k) | 0;
      k = (k + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      const level = (Math.abs(x[i + j]!) * scale + (t >>> 0) * 2.3283064365386963e-10) | 0; // 2^-32
      word |= ((level << 1) | ((-level & bits[i + j]!) >>> 31)) << (4 * j);
    }
    words[i >>> 3] = word;
  }
  rng.a = a;
  rng.b = b;
  rng.c = c;
  rng.k = k;
}

function draw64(n: number, scale: number, x: Float64Array, bits: Int32Array, rng: Stream, words: Int32Array): void {
  let a = rng.a | 0; // an integer to the engine too, not a number that might be a fraction
  let b = rng.b | 0;
  let c = rng.c | 0;
  let k = rng.k | 0;
  const body = n & ~7;
  for (let i = 0; i < body; i += 8) {
    let word = 0;
    // a loop of constant length: 1.96 ns an element against 2.25 with a bound that varies
    for (let j = 0; j < 8; ++j) {
      const t = (a + b + k) | 0;
      k = (k + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      const level = (Math.abs(x[i + j]!) * scale + (t >>> 0) * 2.3283064365386963e-10) | 0; // 2^-32
      word |= ((level << 1) | ((-level & bits[2 * (i + j) + 1]!) >>> 31)) << (4 * j);
    }
    words[i >>> 3] = word;
  }
  rng.a = a;
  rng.b = b;
  rng.c = c;
  rng.k = k;
}

/** The entries after the last whole word. */
function drawRest(n: number, scale: number, x: Floats, bits: Int32Array, rng: Stream, out: Int32Array, stride: number) {
  let word = 0;
  for (let i = n & ~7; i < n; ++i) {
    const level = (Math.abs(x[i]!) * scale + (rng.next() >>> 0) * 2 ** -32) | 0;
    word |= ((level << 1) | ((-level & bits[stride * (i + 1) - 1]!) >>> 31)) << (4 * (i & 7));
  }
  out[n >>> 3] = word; // ignored past the end
}

/** acc += scale * C(x): sixteen values, looked up by code. */
export function ditherAdd(n: number, s: number, scale: number, message: CodeBuffer, acc: Floats): void {
  const unit = (scale * message.norm) / s;
  const values = new Float64Array(16);
  for (let code = 0; code < 16; ++code) values[code] = (code >> 1) * (code & 1 ? -unit : unit);
  const { words } = message;
  const body = n & ~7;
  for (let i = 0, at = 0; i < body; i += 8, ++at) {
    const word = words[at]!;
    acc[i] = acc[i]! + values[word & 15]!;
    acc[i + 1] = acc[i + 1]! + values[(word >>> 4) & 15]!;
    acc[i + 2] = acc[i + 2]! + values[(word >>> 8) & 15]!;
    acc[i + 3] = acc[i + 3]! + values[(word >>> 12) & 15]!;
    acc[i + 4] = acc[i + 4]! + values[(word >>> 16) & 15]!;
    acc[i + 5] = acc[i + 5]! + values[(word >>> 20) & 15]!;
    acc[i + 6] = acc[i + 6]! + values[(word >>> 24) & 15]!;
    acc[i + 7] = acc[i + 7]! + values[word >>> 28]!;
  }
  for (let i = body; i < n; ++i) acc[i] = acc[i]! + values[(words[i >>> 3]! >>> (4 * (i & 7))) & 15]!;
}
