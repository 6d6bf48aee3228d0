/**
 * Scaled sign in plain JS: sign plane and 1-norm in one pass, signs taken from the bits of the elements.
 *
 * The library's payload is scale | plane; here the plane begins at byte 8 of `out`, so that 32 signs are one aligned
 * store. Nothing is hashed and the decoder trusts its bytes: both favour this side.
 */
import { type Floats, norm1 } from "./vec.ts";

/** Where the plane begins. */
export const PLANE = 8;

export interface SignBuffer {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly scale: Float64Array;
}

export function signBuffer(n: number): SignBuffer {
  const buffer = new ArrayBuffer(PLANE + 4 * Math.ceil(n / 32) + 4);
  return {
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer, PLANE, Math.ceil(n / 32)),
    scale: new Float64Array(buffer, 0, 1),
  };
}

/** `bits` are the words of x. Returns bytes written; throws for entries that are not finite. */
export function signEncode32(n: number, x: Float32Array, bits: Int32Array, out: SignBuffer): number {
  const { words } = out;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const body = n & ~31;
  for (let i = 0; i < body; i += 32) {
    let word = 0;
    for (let j = 0; j < 32; j += 4) {
      // b & -(b without its sign) has the sign bit iff x < 0: -0 counts as plus
      const b0 = bits[i + j]!;
      const b1 = bits[i + j + 1]!;
      const b2 = bits[i + j + 2]!;
      const b3 = bits[i + j + 3]!;
      const nibble =
        ((b0 & -(b0 & 0x7fffffff)) >>> 31) |
        (((b1 & -(b1 & 0x7fffffff)) >>> 30) & 2) |
        (((b2 & -(b2 & 0x7fffffff)) >>> 29) & 4) |
        (((b3 & -(b3 & 0x7fffffff)) >>> 28) & 8);
      word |= nibble << j;
      s0 += Math.abs(x[i + j]!);
      s1 += Math.abs(x[i + j + 1]!);
      s2 += Math.abs(x[i + j + 2]!);
      s3 += Math.abs(x[i + j + 3]!);
    }
    words[i >>> 5] = word;
  }
  return finish(n, x, body, s0 + s1 + (s2 + s3), out);
}

export function signEncode64(n: number, x: Float64Array, out: SignBuffer): number {
  const { words } = out;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const body = n & ~31;
  for (let i = 0; i < body; i += 32) {
    let word = 0;
    for (let j = 0; j < 32; j += 4) {
      // compared as numbers: an element's two words would be two more loads
      const v0 = x[i + j]!;
      const v1 = x[i + j + 1]!;
      const v2 = x[i + j + 2]!;
      const v3 = x[i + j + 3]!;
      word |= (+(v0 < 0) | (+(v1 < 0) << 1) | (+(v2 < 0) << 2) | (+(v3 < 0) << 3)) << j;
      s0 += Math.abs(v0);
      s1 += Math.abs(v1);
      s2 += Math.abs(v2);
      s3 += Math.abs(v3);
    }
    words[i >>> 5] = word;
  }
  return finish(n, x, body, s0 + s1 + (s2 + s3), out);
}

function finish(n: number, x: Floats, body: number, total: number, out: SignBuffer): number {
  let word = 0;
  for (let i = body; i < n; ++i) if (x[i]! < 0) word |= 1 << (i & 31);
  if (body < n) out.words[body >>> 5] = word;
  const norm = total + norm1(n - body, x.subarray(body, n));
  if (!(norm < Number.POSITIVE_INFINITY)) throw new RangeError("sign: entries must be finite");
  out.scale[0] = norm / n;
  return PLANE + ((n + 7) >>> 3);
}

/** acc += scale * C(x): one of two values looked up by bit. */
export function signAdd(n: number, scale: number, message: SignBuffer, acc: Floats): void {
  const a = scale * message.scale[0]!;
  const { words } = message;
  const values = [a, -a];
  for (let i = 0; i < n; i += 32) {
    let word = words[i >>> 5]!;
    const end = Math.min(i + 32, n);
    for (let j = i; j < end; ++j) {
      acc[j] = acc[j]! + values[word & 1]!;
      word >>>= 1;
    }
  }
}
