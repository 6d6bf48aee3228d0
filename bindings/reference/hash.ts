// Twin of assembly/core/hash.ts: XXH64 on pairs of 32-bit words (BigInt arithmetic allocates).
import type { Memory } from "./memory.ts";

/** A 64-bit word that operations change in place. */
class Word {
  low: number;
  high: number;

  constructor(high = 0, low = 0) {
    this.high = high;
    this.low = low;
  }
  set(high: number, low: number): this {
    this.high = high | 0;
    this.low = low | 0;
    return this;
  }
  copy(w: Word): this {
    return this.set(w.high, w.low);
  }
  add(w: Word): this {
    const low = (this.low >>> 0) + (w.low >>> 0);
    return this.set(this.high + w.high + (low > 0xffffffff ? 1 : 0), low);
  }
  sub(w: Word): this {
    const borrow = this.low >>> 0 < w.low >>> 0 ? 1 : 0;
    return this.set(this.high - w.high - borrow, this.low - w.low);
  }
  xor(w: Word): this {
    return this.set(this.high ^ w.high, this.low ^ w.low);
  }
  xorShifted(by: number): this {
    // w ^= w >> by, 0 < by < 64
    if (by >= 32) return this.set(this.high, this.low ^ (this.high >>> (by - 32)));
    return this.set(this.high ^ (this.high >>> by), this.low ^ ((this.low >>> by) | (this.high << (32 - by))));
  }
  rotate(by: number): this {
    // 0 < by < 32
    const back = 32 - by;
    return this.set((this.high << by) | (this.low >>> back), (this.low << by) | (this.high >>> back));
  }
  multiply(w: Word): this {
    // the low 64 bits; the 32 x 32 product of the low words from 16-bit halves
    const a0 = this.low & 0xffff;
    const a1 = this.low >>> 16;
    const b0 = w.low & 0xffff;
    const b1 = w.low >>> 16;
    const middle = a1 * b0 + ((a0 * b0) >>> 16);
    const carry = a0 * b1 + (middle & 0xffff);
    const top = a1 * b1 + Math.floor(middle / 65536) + Math.floor(carry / 65536);
    const cross = Math.imul(this.low, w.high) + Math.imul(this.high, w.low);
    return this.set(top + cross, Math.imul(this.low, w.low));
  }
}

const P1 = new Word(0x9e3779b1, 0x85ebca87);
const P2 = new Word(0xc2b2ae3d, 0x27d4eb4f);
const P3 = new Word(0x165667b1, 0x9e3779f9);
const P4 = new Word(0x85ebca77, 0xc2b2ae63);
const P5 = new Word(0x27d4eb2f, 0x165667c5);

export function hashKernels(memory: Memory) {
  const lanes = [new Word(), new Word(), new Word(), new Word()] as const;
  const h = new Word();
  const t = new Word();
  const seed = new Word();
  const read = (p: number): Word => t.set(memory.view.getUint32(p + 4, true), memory.view.getUint32(p, true));
  const round = (lane: Word, input: Word): Word => lane.add(input.multiply(P2)).rotate(31).multiply(P1);
  const mixed = (input: Word): Word => input.multiply(P2).rotate(31).multiply(P1); // round of a zero lane

  function stripes(p: number, end: number): void {
    lanes[0].copy(seed).add(P1).add(P2);
    lanes[1].copy(seed).add(P2);
    lanes[2].copy(seed);
    lanes[3].copy(seed).sub(P1);
    for (; p < end; p += 32) for (let l = 0; l < 4; ++l) round(lanes[l]!, read(p + 8 * l));
    h.copy(t.copy(lanes[0]).rotate(1));
    h.add(t.copy(lanes[1]).rotate(7)).add(t.copy(lanes[2]).rotate(12)).add(t.copy(lanes[3]).rotate(18));
    for (const lane of lanes) h.xor(mixed(lane)).multiply(P1).add(P4);
  }

  return {
    xxh64(bytes: number, length: number, seedLow: number, seedHigh: number, out: number): void {
      const end = bytes + length;
      let p = bytes;
      seed.set(seedHigh, seedLow);
      if (length >= 32) {
        p += length - (length % 32);
        stripes(bytes, p);
      } else h.copy(seed).add(P5);
      h.add(t.set(0, length));
      for (; p + 8 <= end; p += 8)
        h.xor(mixed(read(p)))
          .rotate(27)
          .multiply(P1)
          .add(P4);
      if (p + 4 <= end) {
        h.xor(t.set(0, memory.view.getUint32(p, true)).multiply(P1))
          .rotate(23)
          .multiply(P2)
          .add(P3);
        p += 4;
      }
      for (; p < end; ++p) h.xor(t.set(0, memory.u8[p]!).multiply(P5)).rotate(11).multiply(P1);
      h.xorShifted(33).multiply(P2).xorShifted(29).multiply(P3).xorShifted(32);
      memory.view.setUint32(out, h.low, true);
      memory.view.setUint32(out + 4, h.high, true);
    },
  };
}
