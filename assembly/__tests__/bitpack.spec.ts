import { pack16, pack32, unpack16, unpack32 } from "../core/bitpack";
import { codesCompact, codesMaxLevel, tritsPack, tritsUnpack } from "../core/codes";
import { gammaBits, gammaDecode, gammaEncode } from "../core/gamma";

const N: u32 = 67;

describe("pack and unpack", () => {
  it("round trips every width and writes no further byte", () => {
    const values = heap.alloc(N << 2);
    const back = heap.alloc(N << 2);
    const packed = heap.alloc((N << 2) + 1);
    for (let width: u32 = 0; width <= 32; ++width) {
      const mask: u32 = width == 32 ? 0xffffffff : ((<u32>1) << width) - 1;
      for (let i: u32 = 0; i < N; ++i) store<u32>(values + (i << 2), (i * <u32>2654435769) & mask);
      const length = (N * width + 7) / 8;
      store<u8>(packed + length, 0xee);
      expect(pack32(N, width, values, packed)).toBe(length);
      expect(load<u8>(packed + length)).toBe(0xee);
      unpack32(N, width, packed, back);
      expect(memory.compare(values, back, N << 2)).toBe(0);
      if (width > 16) continue;
      for (let i: u32 = 0; i < N; ++i) store<u16>(values + (i << 1), (i * 40503) & mask);
      expect(pack16(N, width, values, packed)).toBe(length);
      unpack16(N, width, packed, back);
      expect(memory.compare(values, back, N << 1)).toBe(0);
    }
  });

  it("packs least significant bits first and pads with zeros", () => {
    const values = heap.alloc(12);
    const packed = heap.alloc(2);
    store<u32>(values, 5);
    store<u32>(values, 1, 4);
    store<u32>(values, 7, 8);
    expect(pack32(3, 3, values, packed)).toBe(2);
    expect(load<u8>(packed)).toBe(0b11001101);
    expect(load<u8>(packed, 1)).toBe(1);
  });
});

function codes(n: i32, levels: i32): usize {
  const at = heap.alloc((<usize>n) << 1);
  for (let i = 0; i < n; ++i) {
    const level = i % 3 ? 0 : (i * 7919) % levels;
    store<u16>(at + ((<usize>i) << 1), level ? (level << 1) | (i & 1) : 0);
  }
  return at;
}

describe("gamma streams", () => {
  it("round trips, counts its bits, refuses truncation, levels too large and padding", () => {
    const source = codes(100, 32768);
    const packed = heap.alloc(500);
    const back = heap.alloc(200);
    const length = gammaEncode(100, 1, source, packed);
    expect(<f64>length).toBe(Math.ceil(gammaBits(100, 1, source) / 8));
    expect(gammaDecode(100, 1, 32767, packed, length, back)).toBe(<i32>length);
    expect(memory.compare(source, back, 200)).toBe(0);
    expect(gammaDecode(100, 1, 32767, packed, length - 1, back)).toBe(-1);
    expect(gammaDecode(100, 1, codesMaxLevel(100, source) - 1, packed, length, back)).toBe(-1);
    store<u8>(packed, 0b1001); // two zero levels, then bits that should be padding
    expect(gammaDecode(1, 1, 1, packed, 1, back)).toBe(-1);
    store<u8>(packed, 0b0001);
    expect(gammaDecode(1, 1, 1, packed, 1, back)).toBe(1);
  });
});

describe("codes", () => {
  it("compacts the non-zero levels", () => {
    const source = codes(100, 50);
    const indices = heap.alloc(400);
    const kept = heap.alloc(200);
    const count = codesCompact(100, source, indices, kept);
    let seen: u32 = 0;
    for (let i: u32 = 0; i < 100; ++i) {
      const code = load<u16>(source + (i << 1));
      if (code == 0) continue;
      expect(load<u32>(indices + (seen << 2))).toBe(i);
      expect(load<u16>(kept + (seen << 1))).toBe(code);
      ++seen;
    }
    expect(count).toBe(seen);
  });

  it("packs five ternary codes a byte and refuses other bytes", () => {
    const source = heap.alloc(46);
    const packed = heap.alloc(5);
    const back = heap.alloc(46);
    for (let i = 0; i < 23; ++i) store<u16>(source + ((<usize>i) << 1), i % 3 ? 1 + (i % 3) : 0);
    tritsPack(23, source, packed);
    expect(load<u8>(packed)).toBe(0 + 3 + 2 * 9 + 0 + 81);
    expect(tritsUnpack(23, packed, back)).toBe(1);
    expect(memory.compare(source, back, 46)).toBe(0);
    store<u8>(packed, 27, 4); // a fourth digit where only three entries are left
    expect(tritsUnpack(23, packed, back)).toBe(0);
    store<u8>(packed, 0, 4);
    store<u8>(packed, 243);
    expect(tritsUnpack(23, packed, back)).toBe(0);
  });
});
