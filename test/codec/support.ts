/** What the codec tests share: a spec of every registered compressor, inputs, and a hash written independently. */
import { examplesOf } from "../../src/compressors/examples.ts";
import { load } from "../../src/index.ts";
import { loadSync } from "../../src/sync.ts";
import { lcg } from "../kernels/harness.ts";

export const wasm = loadSync();
export const reference = await load({ backend: "reference" });

const { compressors } = wasm;
export const names = Object.keys(compressors);

/** The first example of a compressor. */
export const exampleSpec = (name: string, dim: number): string =>
  reference.codec(examplesOf(compressors[name]!, dim)[0]!, dim).spec;

/** Specs beside the shortest ones, where their compressors are registered. */
export const specs = (dim: number): string[] => {
  const further = ["rand-k:ratio=0.1", "top-k:ratio=0.1", "top-k:k=1", "random-dithering:s=1", "natural-dithering:s=8"];
  const known = further.filter((spec) => names.includes(spec.split(":")[0]!));
  return [...new Set([...names.map((name) => exampleSpec(name, dim)), ...known])];
};

export function normal(dim: number, seed: number): number[] {
  const random = lcg(seed);
  return Array.from({ length: dim }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

export const f32 = (dim: number, seed = 1): Float32Array<ArrayBuffer> => Float32Array.from(normal(dim, seed));
export const f64 = (dim: number, seed = 1): Float64Array<ArrayBuffer> => Float64Array.from(normal(dim, seed));

const M = (1n << 64n) - 1n;
const P = [
  0n,
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const rotl = (x: bigint, r: bigint): bigint => ((x << r) | (x >> (64n - r))) & M;
const round = (lane: bigint, input: bigint): bigint => (rotl((lane + input * P[2]) & M, 31n) * P[1]) & M;

/** XXH64 from its published description (xxHash fast digest algorithm, version 0.1.1), in BigInt. */
export function xxh64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let h = (seed + P[5]) & M;
  if (bytes.length >= 32) {
    const lanes = [seed + P[1] + P[2], seed + P[2], seed, seed - P[1]].map((lane) => lane & M);
    for (; at + 32 <= bytes.length; at += 32) {
      for (let l = 0; l < 4; ++l) lanes[l] = round(lanes[l]!, view.getBigUint64(at + 8 * l, true));
    }
    h = [1n, 7n, 12n, 18n].reduce((sum, r, l) => (sum + rotl(lanes[l]!, r)) & M, 0n);
    for (const lane of lanes) h = ((h ^ round(0n, lane)) * P[1] + P[4]) & M;
  }
  h = (h + BigInt(bytes.length)) & M;
  for (; at + 8 <= bytes.length; at += 8) h = (rotl(h ^ round(0n, view.getBigUint64(at, true)), 27n) * P[1] + P[4]) & M;
  if (at + 4 <= bytes.length) {
    h = (rotl(h ^ ((BigInt(view.getUint32(at, true)) * P[1]) & M), 23n) * P[2] + P[3]) & M;
    at += 4;
  }
  for (; at < bytes.length; ++at) h = (rotl(h ^ ((BigInt(bytes[at]!) * P[5]) & M), 11n) * P[1]) & M;
  h = ((h ^ (h >> 33n)) * P[2]) & M;
  h = ((h ^ (h >> 29n)) * P[3]) & M;
  return h ^ (h >> 32n);
}

/** Sets the last 8 bytes to the hash of those before, in place. */
export function rehash(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 8) return bytes;
  const end = bytes.length - 8;
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(end, xxh64(bytes.subarray(0, end)), true);
  return bytes;
}

/** The error that `f` throws. */
export function thrown(f: () => unknown): Error & { code?: string } {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
