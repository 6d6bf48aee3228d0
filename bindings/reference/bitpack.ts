// Twin of assembly/core/{bitpack,gamma,codes}.ts.
import { BitReader, BitWriter } from "./bits.ts";
import type { Memory } from "./memory.ts";

function pack(memory: Memory, source: Uint32Array | Uint16Array, width: number, packed: number): number {
  const writer = new BitWriter(memory.u8, packed);
  for (const value of source) writer.put(value, width);
  return writer.finish();
}

function unpack(memory: Memory, target: Uint32Array | Uint16Array, width: number, packed: number): void {
  const reader = new BitReader(memory.u8, packed, Number.POSITIVE_INFINITY);
  for (let i = 0; i < target.length; ++i) target[i] = reader.take(width);
}

function gammaKernels(memory: Memory) {
  const codesAt = (n: number, at: number): Uint16Array => memory.u16.subarray(at >>> 1, (at >>> 1) + n);
  const exponentOf = (v: number): number => 31 - Math.clz32(v);
  return {
    gammaBits(n: number, bias: number, codes: number): number {
      let bits = 0;
      for (const code of codesAt(n, codes)) {
        const level = code >> 1;
        bits += 2 * exponentOf(level + bias) + 1 + (level > 0 ? 1 : 0);
      }
      return bits;
    },
    gammaEncode(n: number, bias: number, codes: number, packed: number): number {
      const writer = new BitWriter(memory.u8, packed);
      for (const code of codesAt(n, codes)) {
        const level = code >> 1;
        const exponent = exponentOf(level + bias);
        writer.put(2 ** exponent, exponent + 1);
        writer.put(level + bias - 2 ** exponent, exponent);
        if (level > 0) writer.put(code & 1, 1);
      }
      return writer.finish();
    },
    gammaDecode(n: number, bias: number, maxLevel: number, packed: number, available: number, codes: number): number {
      const out = codesAt(n, codes);
      const reader = new BitReader(memory.u8, packed, available);
      for (let i = 0; i < n; ++i) {
        let exponent = 0;
        while (reader.bit() === 0) if (++exponent > 15) return -1;
        const level = 2 ** exponent + reader.take(exponent) - bias;
        if (level > maxLevel) return -1;
        out[i] = level > 0 ? 2 * level + reader.bit() : 0;
      }
      return reader.padding() ? reader.consumed : -1;
    },
  };
}

function codeKernels(memory: Memory) {
  const codesAt = (n: number, at: number): Uint16Array => memory.u16.subarray(at >>> 1, (at >>> 1) + n);
  return {
    codesCompact(n: number, codes: number, indices: number, kept: number): number {
      let count = 0;
      for (const [i, code] of codesAt(n, codes).entries()) {
        if (code < 2) continue;
        memory.u32[(indices >>> 2) + count] = i;
        memory.u16[(kept >>> 1) + count] = code;
        ++count;
      }
      return count;
    },
    codesMaxLevel(n: number, codes: number): number {
      let most = 0;
      for (const code of codesAt(n, codes)) most = Math.max(most, code >> 1);
      return most;
    },
    tritsPack(n: number, codes: number, packed: number): void {
      const source = codesAt(n, codes);
      for (let i = 0; i < n; i += 5) {
        let byte = 0;
        for (let j = Math.min(n, i + 5) - 1; j >= i; --j) byte = 3 * byte + [0, 0, 1, 2][source[j]!]!;
        memory.u8[packed + i / 5] = byte;
      }
    },
    tritsUnpack(n: number, packed: number, codes: number): number {
      const out = codesAt(n, codes);
      let valid = 1;
      for (let i = 0; i < n; i += 5) {
        let byte = memory.u8[packed + i / 5]!;
        if (byte > 242) valid = 0;
        for (let j = i; j < i + 5 && j < n; ++j) {
          out[j] = [0, 2, 3][byte % 3]!;
          byte = Math.floor(byte / 3);
        }
        if (i + 5 > n && byte > 0) valid = 0;
      }
      return valid;
    },
  };
}

export function bitpackKernels(memory: Memory) {
  const u32 = (n: number, at: number): Uint32Array => memory.u32.subarray(at >>> 2, (at >>> 2) + n);
  const u16 = (n: number, at: number): Uint16Array => memory.u16.subarray(at >>> 1, (at >>> 1) + n);
  return {
    pack32: (n: number, width: number, values: number, packed: number) => pack(memory, u32(n, values), width, packed),
    unpack32: (n: number, width: number, packed: number, values: number) =>
      unpack(memory, u32(n, values), width, packed),
    pack16: (n: number, width: number, values: number, packed: number) => pack(memory, u16(n, values), width, packed),
    unpack16: (n: number, width: number, packed: number, values: number) =>
      unpack(memory, u16(n, values), width, packed),
    ...gammaKernels(memory),
    ...codeKernels(memory),
  };
}
