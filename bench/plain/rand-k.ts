/**
 * Rand-K in plain JS: Floyd's k draws without replacement, values gathered, the seed sent. As in the library every
 * entry is checked to be finite, which costs a pass.
 */
import { Stream } from "./random.ts";
import { type Floats, finite } from "./vec.ts";

export interface RandKBuffer {
  seed: number;
  readonly values: Floats;
  readonly indices: Uint32Array;
  /** Zero between calls. */
  readonly taken: Uint8Array;
}

export const randKBuffer = (n: number, k: number, dtype: "f32" | "f64"): RandKBuffer => ({
  seed: 0,
  values: dtype === "f32" ? new Float32Array(k) : new Float64Array(k),
  indices: new Uint32Array(k),
  taken: new Uint8Array((n + 7) >>> 3),
});

export function randomSubset(n: number, k: number, seed: number, { indices, taken }: RandKBuffer): void {
  const stream = new Stream(seed);
  let a = stream.a | 0;
  let b = stream.b | 0;
  let c = stream.c | 0;
  let counter = stream.k | 0;
  for (let m = 0, j = n - k; m < k; ++m, ++j) {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    // multiply-shift without the rejection that makes it exact: a bias of at most n 2^-32
    let pick = ((t >>> 0) * 2 ** -32 * (j + 1)) | 0;
    if ((taken[pick >>> 3]! >>> (pick & 7)) & 1) pick = j;
    taken[pick >>> 3]! |= 1 << (pick & 7);
    indices[m] = pick;
  }
  for (let m = 0; m < k; ++m) taken[indices[m]! >>> 3] = 0;
}

export function randKEncode(n: number, k: number, x: Floats, rng: Stream, out: RandKBuffer): number {
  if (!finite(n, x)) throw new RangeError("rand-k: entries must be finite");
  out.seed = rng.next();
  randomSubset(n, k, out.seed, out);
  const { values, indices } = out;
  for (let i = 0; i < k; ++i) values[i] = x[indices[i]!]!;
  return 4 + values.byteLength;
}

export function randKAdd(n: number, k: number, scale: number, message: RandKBuffer, acc: Floats): void {
  randomSubset(n, k, message.seed, message);
  const { values, indices } = message;
  const factor = (scale * n) / k;
  for (let i = 0; i < k; ++i) acc[indices[i]!] = acc[indices[i]!]! + factor * values[i]!;
}
