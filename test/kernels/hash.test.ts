import { expect, test } from "vitest";
import { BASE, bytes, lcg, pair } from "./harness.ts";

const p = pair(1 << 16);
const OUT = BASE + 8192;

function hash(k: typeof p.wasm, data: Uint8Array, seed = 0n, at = BASE): string {
  bytes(k, data.length, at).set(data);
  k.xxh64(at, data.length, Number(seed & 0xffffffffn), Number(seed >> 32n), OUT);
  return new DataView(k.memory.buffer).getBigUint64(OUT, true).toString(16).padStart(16, "0");
}

/** The buffer of xxhsum's self-test (github.com/Cyan4973/xxHash). */
function sanityBuffer(n: number): Uint8Array {
  let generator = 2654435761;
  return Uint8Array.from({ length: n }, () => {
    const byte = generator >>> 24;
    generator = Math.imul(generator, generator) >>> 0;
    return byte;
  });
}

test("published vectors, both backends", () => {
  const text = (s: string) => new TextEncoder().encode(s);
  const vectors: [Uint8Array, bigint, string][] = [
    [text(""), 0n, "ef46db3751d8e999"],
    [text("a"), 0n, "d24ec4f1a98c6e5b"],
    [text("abc"), 0n, "44bc2cf5ad770999"],
    [text("Nobody inspects the spammish repetition"), 0n, "fbcea83c8a378bf1"],
    [text("xxhash"), 0n, "32dd38952c4bc720"],
    [text("xxhash"), 20141025n, "b559b98d844e0635"],
    [sanityBuffer(0), 2654435761n, "ac75fda2929b17ef"],
    [sanityBuffer(1), 0n, "4fce394cc88952d8"],
    [sanityBuffer(1), 2654435761n, "739840cb819fa723"],
    [sanityBuffer(14), 0n, "cffa8db881bc3a3d"],
    [sanityBuffer(14), 2654435761n, "5b9611585efcc9cb"],
    [sanityBuffer(101), 0n, "0eab543384f878ad"],
    [sanityBuffer(101), 2654435761n, "caa65939306f1e21"],
  ];
  for (const [data, seed, expected] of vectors) {
    for (const k of [p.wasm, p.reference]) expect(hash(k, data, seed), `${data.length} bytes`).toBe(expected);
  }
});

test("every length 0..200 at every alignment, and long inputs", () => {
  const random = lcg(1);
  const seeds = [0n, 1n, 0xffffffffffffffffn, 0x123456789abcdef0n];
  for (let n = 0; n <= 200; ++n) {
    const data = Uint8Array.from({ length: n }, () => random() * 256);
    for (let offset = 0; offset < 8; ++offset) {
      const seed = seeds[(n + offset) % seeds.length]!;
      const got = hash(p.wasm, data, seed, BASE + offset);
      expect(got).toBe(hash(p.reference, data, seed, BASE + offset));
      if (offset > 3) expect(got).toBe(hash(p.wasm, data, seed, BASE + offset - 4)); // the place does not matter
    }
  }
  const long = Uint8Array.from({ length: 8000 }, () => random() * 256);
  for (const n of [1000, 4096, 7999, 8000]) {
    expect(hash(p.wasm, long.subarray(0, n))).toBe(hash(p.reference, long.subarray(0, n)));
  }
});

test("writes eight bytes at any alignment and nothing else", () => {
  for (const k of [p.wasm, p.reference]) {
    for (let offset = 0; offset < 8; ++offset) {
      bytes(k, 64, OUT).fill(0xa5);
      k.xxh64(BASE, 100, 3, 4, OUT + 8 + offset);
      const written = bytes(k, 64, OUT);
      expect(written.subarray(0, 8 + offset).every((b) => b === 0xa5)).toBe(true);
      expect(written.subarray(16 + offset).every((b) => b === 0xa5)).toBe(true);
    }
  }
  expect(bytes(p.wasm, 64, OUT)).toEqual(bytes(p.reference, 64, OUT));
});

test("any flipped bit changes the hash", () => {
  const data = sanityBuffer(77);
  const whole = hash(p.wasm, data);
  for (let bit = 0; bit < 77 * 8; ++bit) {
    const flipped = data.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(hash(p.wasm, flipped)).not.toBe(whole);
  }
});
