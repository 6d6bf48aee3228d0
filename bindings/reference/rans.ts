// Twin of assembly/core/rans.ts.
import type { Memory } from "./memory.ts";

const LOWEST = 2 ** 15;
const TOTAL = 4096;

export function ransKernels(memory: Memory) {
  const u16 = (n: number, at: number): Uint16Array => memory.u16.subarray(at >>> 1, (at >>> 1) + n);
  const u32 = (n: number, at: number): Uint32Array => memory.u32.subarray(at >>> 2, (at >>> 2) + n);
  return {
    symbolCounts(n: number, alphabet: number, symbols: number, counts: number): void {
      const out = u32(alphabet, counts).fill(0);
      for (const symbol of u16(n, symbols)) out[symbol]! += 1;
    },
    symbolsSplit(n: number, width: number, symbols: number, low: number, high: number): void {
      const source = u16(n, symbols);
      const [lows, highs] = [u16(n, low), u16(n, high)];
      for (let i = 0; i < n; ++i) {
        const symbol = source[i]!;
        lows[i] = symbol % 2 ** width;
        highs[i] = symbol >> width;
      }
    },
    symbolsJoin(n: number, width: number, low: number, high: number, symbols: number): void {
      const out = u16(n, symbols);
      const [lows, highs] = [u16(n, low), u16(n, high)];
      for (let i = 0; i < n; ++i) out[i] = lows[i]! | (highs[i]! << width);
    },
    ransEntries(count: number, symbols: number, frequencies: number, entries: number): void {
      const { view } = memory;
      const names = u16(count, symbols);
      let start = 0;
      for (const [j, f] of u16(count, frequencies).entries()) {
        const at = entries + 16 * names[j]!;
        const bits = f > 1 ? 32 - Math.clz32(f - 1) : 0;
        view.setUint32(at, f > 1 ? Math.ceil(2 ** (31 + bits) / f) : 0xffffffff, true);
        view.setUint32(at + 4, f * 2 ** 19, true);
        view.setUint16(at + 8, f > 1 ? start : start + 4095, true);
        view.setUint16(at + 10, TOTAL - f, true);
        view.setUint32(at + 12, f > 1 ? bits - 1 : 0, true);
        start += f;
      }
    },
    ransEncode(n: number, lanes: number, symbols: number, entries: number, end: number): number {
      const { view } = memory;
      const source = u16(n, symbols);
      const states = new Array<number>(lanes).fill(LOWEST);
      let to = end;
      for (let i = n - 1; i >= 0; --i) {
        const at = entries + 16 * source[i]!;
        const limit = view.getUint32(at + 4, true);
        const f = limit / 2 ** 19;
        const start = view.getUint16(at + 8, true) - (f > 1 ? 0 : 4095);
        let x = states[i % lanes]!;
        if (x >= limit) {
          to -= 2;
          view.setUint16(to, x % 65536, true);
          x = Math.floor(x / 65536);
        }
        states[i % lanes] = Math.floor(x / f) * TOTAL + start + (x % f);
      }
      for (let lane = lanes - 1; lane >= 0; --lane) {
        to -= 4;
        view.setUint32(to, states[lane]!, true);
      }
      return to;
    },
    ransSlots(count: number, frequencies: number, slots: number): void {
      const out = u32(TOTAL, slots);
      let slot = 0;
      for (const [j, f] of u16(count, frequencies).entries()) {
        for (let k = 0; k < f; ++k) out[slot++] = j * 2 ** 24 + (f - 1) * 4096 + k;
      }
    },
    ransDecode(
      n: number,
      lanes: number,
      slots: number,
      values: number,
      packed: number,
      available: number,
      symbols: number,
    ): number {
      if (available < 4 * lanes) return -1;
      const { view } = memory;
      const table = u32(TOTAL, slots);
      const states = Array.from({ length: lanes }, (_, lane) => view.getUint32(packed + 4 * lane, true));
      if (states.some((x) => x < LOWEST || x >= 2 ** 31)) return -1;
      const out = u16(n, symbols);
      const end = packed + available;
      let from = packed + 4 * lanes;
      for (let i = 0; i < n; ++i) {
        let x = states[i % lanes]!;
        const slot = table[x % TOTAL]!;
        out[i] = view.getUint16(values + 2 * (slot >>> 24), true);
        x = (((slot >>> 12) & 4095) + 1) * Math.floor(x / TOTAL) + (slot & 4095);
        if (x < LOWEST) {
          if (from + 2 > end) return -1;
          x = x * 65536 + view.getUint16(from, true);
          from += 2;
        }
        states[i % lanes] = x;
      }
      return states.every((x) => x === LOWEST) ? from - packed : -1;
    },
  };
}
