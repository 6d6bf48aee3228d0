import { indicesDecode, indicesEncode, indicesMaxBytes } from "../core/indices";

/** Every step-th index below n, k of them, through the encoder and back; returns the kind byte, or -1 on a mismatch. */
function roundTrip(n: u32, k: u32, step: u32): i32 {
  const set = heap.alloc(k << 2);
  const back = heap.alloc(k << 2);
  const bound = indicesMaxBytes(n, k);
  const packed = heap.alloc(bound);
  for (let i: u32 = 0; i < k; ++i) store<u32>(set + (i << 2), i * step);
  const length = indicesEncode(n, k, set, packed);
  let kind = <i32>load<u8>(packed);
  if (length > bound) kind = -1;
  if (indicesDecode(n, k, packed, length, back) != <i32>length) kind = -1;
  if (memory.compare(set, back, k << 2)) kind = -1;
  if (indicesDecode(n, k, packed, length - 1, back) != -1) kind = -1;
  heap.free(set);
  heap.free(back);
  heap.free(packed);
  return kind;
}

describe("index sets", () => {
  it("chooses the shortest form", () => {
    expect(roundTrip(1000, 0, 1)).toBe(0);
    expect(roundTrip(1000, 1000, 1)).toBe(0);
    expect(roundTrip(1000, 2, 999)).toBe(1);
    expect(roundTrip(1000, 500, 2)).toBe(2);
    expect(roundTrip(1000, 501, 1)).toBe(32);
    expect(roundTrip(1 << 20, 10000, 100)).toBe(32 + 6);
  });

  it("refuses repeated and excessive indices and non-zero padding", () => {
    const packed = heap.alloc(4);
    const out = heap.alloc(16);
    store<u32>(packed, 0x00_00_32_01); // list, n = 10: width 4, 2 and 3
    expect(indicesDecode(10, 2, packed, 4, out)).toBe(2);
    store<u8>(packed, 0x22, 1);
    expect(indicesDecode(10, 2, packed, 4, out)).toBe(-1);
    store<u8>(packed, 0xa2, 1);
    expect(indicesDecode(10, 2, packed, 4, out)).toBe(-1);
    store<u8>(packed, 0x12, 1);
    expect(indicesDecode(10, 1, packed, 4, out)).toBe(-1);
    store<u32>(packed, 0x00_80_00_20); // Rice, j = 0: index 15
    expect(indicesDecode(16, 1, packed, 4, out)).toBe(3);
    expect(load<u32>(out)).toBe(15);
    expect(indicesDecode(15, 1, packed, 4, out)).toBe(-1);
    store<u8>(packed, 64); // no such kind
    expect(indicesDecode(16, 1, packed, 4, out)).toBe(-1);
    expect(indicesDecode(16, 1, packed, 0, out)).toBe(-1);
  });
});
