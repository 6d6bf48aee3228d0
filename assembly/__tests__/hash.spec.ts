// biome-ignore-all lint/correctness/noPrecisionLoss: 64-bit integers
import { xxh64 } from "../core/hash";

const DATA = heap.alloc(512);
const OUT = heap.alloc(16);

function hash(text: string, seed: u64): u64 {
  const bytes = String.UTF8.encode(text);
  memory.copy(DATA, changetype<usize>(bytes), bytes.byteLength);
  xxh64(DATA, bytes.byteLength, <u32>seed, <u32>(seed >> 32), OUT);
  return load<u64>(OUT);
}

describe("xxh64", () => {
  test("published vectors", () => {
    expect(hash("", 0)).toBe(0xef46db3751d8e999);
    expect(hash("a", 0)).toBe(0xd24ec4f1a98c6e5b);
    expect(hash("abc", 0)).toBe(0x44bc2cf5ad770999);
    expect(hash("Nobody inspects the spammish repetition", 0)).toBe(0xfbcea83c8a378bf1);
    expect(hash("xxhash", 20141025)).toBe(0xb559b98d844e0635);
  });

  test("depends on the bytes, not on their place, at lengths 0..99", () => {
    for (let n = 0; n < 100; ++n) {
      for (let i = 0; i < n; ++i) store<u8>(DATA + i, <u8>(i * 37 + 5));
      xxh64(DATA, n, 1, 2, OUT);
      const first = load<u64>(OUT);
      for (let offset = 1; offset < 9; ++offset) {
        memory.copy(DATA + 200 + offset, DATA, n);
        xxh64(DATA + 200 + offset, n, 1, 2, OUT + 3);
        assert(load<u64>(OUT + 3) == first, "length " + n.toString());
      }
    }
    expect(hash("abc", 1) != hash("abc", 0x100000000)).toBe(true);
  });
});
