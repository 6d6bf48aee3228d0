import { ransDecode, ransEncode, ransEntries, ransSlots, symbolCounts, symbolsJoin, symbolsSplit } from "../core/rans";

const N: usize = 1003;

describe("rans", () => {
  it("round trips with one and four states, and refuses cut and altered bytes", () => {
    const symbols = heap.alloc(N << 1);
    const back = heap.alloc(N << 1);
    const names = heap.alloc(512);
    const frequencies = heap.alloc(8);
    const entries = heap.alloc(16 * 8);
    const slots = heap.alloc(16384);
    const room = 2 * N + 64;
    const packed = heap.alloc(room);
    store<u16>(names, 0);
    store<u16>(names, 2, 2);
    store<u16>(names, 3, 4);
    store<u16>(names, 7, 6);
    store<u16>(frequencies, 3000);
    store<u16>(frequencies, 1, 2);
    store<u16>(frequencies, 95, 4);
    store<u16>(frequencies, 1000, 6);
    for (let i: usize = 0; i < N; ++i) {
      const v = <u32>i * 2654435769;
      store<u16>(symbols + (i << 1), v >> 30 ? 0 : (v >> 20) & 63 ? 7 : i & 1 ? 2 : 3);
    }
    ransEntries(4, names, frequencies, entries);
    ransSlots(4, frequencies, slots);
    for (let lanes: u32 = 1; lanes <= 4; lanes += 3) {
      const from = ransEncode(N, lanes, symbols, entries, packed + room);
      const length = packed + room - from;
      expect(ransDecode(N, lanes, slots, names, from, length, back)).toBe(<i32>length);
      expect(memory.compare(symbols, back, N << 1)).toBe(0);
      expect(ransDecode(N, lanes, slots, names, from, length - 1, back)).toBe(-1);
      expect(ransDecode(N, lanes, slots, names, from, 3, back)).toBe(-1);
      store<u32>(from, load<u32>(from) | 0x80000000);
      expect(ransDecode(N, lanes, slots, names, from, length, back)).toBe(-1);
    }
  });

  it("counts, splits and joins", () => {
    const symbols = heap.alloc(N << 1);
    const low = heap.alloc(N << 1);
    const high = heap.alloc(N << 1);
    const counts = heap.alloc(16 * 64);
    for (let i: usize = 0; i < N; ++i) store<u16>(symbols + (i << 1), i % 37);
    symbolCounts(N, 64, symbols, counts);
    for (let s: usize = 0; s < 64; ++s) {
      expect(load<u32>(counts + (s << 2))).toBe(s < 37 ? <u32>(N / 37) + u32(s < N % 37) : 0);
    }
    symbolsSplit(N, 3, symbols, low, high);
    expect(load<u16>(low + 20)).toBe(2);
    expect(load<u16>(high + 20)).toBe(1);
    symbolsJoin(N, 3, low, high, low);
    expect(memory.compare(symbols, low, N << 1)).toBe(0);
  });
});
