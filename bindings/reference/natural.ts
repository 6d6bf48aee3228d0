// Twin of assembly/core/natural.ts and natural-dither.ts.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";
import { type Draws, draws, finite, fraction } from "./stream.ts";

/** Layout of an element: highest exponent of a finite number, mantissa bits. */
const layout = { f32: { last: 254, mantissa: 23 }, f64: { last: 2046, mantissa: 52 } } as const;

/** Mantissa, exponent field and sign of element i. */
function fields(memory: Memory, dtype: Dtype, x: number, i: number): { m: number; e: number; minus: number } {
  if (dtype === "f32") {
    const bits = memory.u32[(x >>> 2) + i]!;
    return { m: bits & 0x7fffff, e: (bits >>> 23) & 255, minus: bits >>> 31 };
  }
  const high = memory.u32[(x >>> 2) + 2 * i + 1]!;
  return {
    m: (high & 0xfffff) * 2 ** 32 + memory.u32[(x >>> 2) + 2 * i]!,
    e: (high >>> 20) & 2047,
    minus: high >>> 31,
  };
}

const draw = (source: Draws, dtype: Dtype, i: number): number =>
  dtype === "f32" ? source.word(i) >>> 9 : source.word52(i);

/** The value with exponent field e; e = 0 is zero. */
const decode = (dtype: Dtype, e: number, minus: number): number =>
  (minus ? -1 : 1) * (e === 0 ? 0 : 2 ** (e - (dtype === "f32" ? 127 : 1023)));

/** The planes of n elements at `packed`. */
function planes(memory: Memory, dtype: Dtype, n: number, packed: number) {
  const u8 = memory.u8;
  if (dtype === "f32") {
    const exponents = packed + Math.ceil(n / 8);
    return {
      clear: () => u8.fill(0, packed, exponents + n),
      put(i: number, e: number, minus: number) {
        u8[exponents + i] = e;
        u8[packed + (i >> 3)]! |= minus << (i & 7);
      },
      get: (i: number) => ({ e: u8[exponents + i]!, minus: (u8[packed + (i >> 3)]! >> (i & 7)) & 1 }),
      spare: n % 8 ? u8[packed + (n >> 3)]! >> (n % 8) : 0,
    };
  }
  const nibbles = packed + n;
  return {
    clear: () => u8.fill(0, packed, nibbles + Math.ceil(n / 2)),
    put(i: number, e: number, minus: number) {
      u8[packed + i] = e;
      u8[nibbles + (i >> 1)]! |= ((minus << 3) | (e >> 8)) << (4 * (i & 1));
    },
    get(i: number) {
      const nibble = (u8[nibbles + (i >> 1)]! >> (4 * (i & 1))) & 15;
      return { e: u8[packed + i]! | ((nibble & 7) << 8), minus: nibble >> 3 };
    },
    spare: n % 2 ? u8[nibbles + (n >> 1)]! >> 4 : 0,
  };
}

function compression(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const { last } = layout[dtype];
  return {
    naturalEncode(n: number, x: number, rng: number, packed: number): number {
      const source = draws(memory, rng);
      const out = planes(memory, dtype, n, packed);
      out.clear();
      let bad = -1;
      for (let i = 0; i < n; ++i) {
        const { m, e, minus } = fields(memory, dtype, x, i);
        if (e > last && bad < 0) bad = i;
        const next = Math.min(e + (draw(source, dtype, i) < m ? 1 : 0), last);
        out.put(i, next, next ? minus : 0);
      }
      return bad;
    },
    naturalAdd(n: number, a: number, packed: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      const value = round(a);
      const { get } = planes(memory, dtype, n, packed);
      for (let i = 0; i < n; ++i) {
        const { e, minus } = get(i);
        v[i]! += round(value * decode(dtype, e, minus));
      }
    },
    naturalValid(n: number, packed: number): number {
      const { get, spare } = planes(memory, dtype, n, packed);
      for (let i = 0; i < n; ++i) {
        const { e, minus } = get(i);
        if (e > last || (e === 0 && minus)) return 0;
      }
      return spare ? 0 : 1;
    },
  };
}

/** floor(lg y) of a positive double. */
function exponentOf(y: number): number {
  let e = Math.floor(Math.log2(y)); // off by one at most
  if (2 ** e > y) --e;
  else if (e < 1023 && 2 ** (e + 1) <= y) ++e;
  return e;
}

/** a 2^j rounded once to a double, j <= 0. A step of 2^-969 is inexact only where the result is 0. */
function ldexp(a: number, j: number): number {
  let product = a;
  for (let step = 0; step < 2 && j < -1022; ++step, j += 969) product *= 2 ** -969;
  return product * 2 ** Math.max(j, -1022);
}

function dithering(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const minus = (x: number, i: number): number => fields(memory, dtype, x, i).minus;
  const floor = dtype === "f32" ? 150 : 1075; // from this s on only y = 0 lies in the bottom interval
  return {
    naturalDitherCodes(n: number, c: number, s: number, x: number, rng: number, codes: number): number {
      const v = memory.vec(dtype, n, x);
      const scale = finite(dtype, c);
      const source = draws(memory, rng);
      let count = 0;
      for (let i = 0; i < n; ++i) {
        const product = round(Math.abs(v[i]!) * scale);
        const y = Number.isNaN(product) ? 1 : Math.min(product, 1);
        const u = fraction(source, dtype, i);
        const e = y > 0 ? exponentOf(y) : Number.NEGATIVE_INFINITY;
        let level: number;
        if (e < 1 - s || y === 0)
          level = u < y * 2 ** 500 * 2 ** (Math.min(s, floor) - 501) ? 1 : 0; // 2^(s-1) may overflow
        else level = e + s + (u < y / 2 ** e - 1 ? 1 : 0);
        memory.view.setUint16(codes + 2 * i, 2 * level + (level > 0 ? minus(x, i) : 0), true);
        if (level > 0) ++count;
      }
      return count;
    },
    naturalCodesAdd(n: number, a: number, s: number, codes: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      const value = round(a);
      for (let i = 0; i < n; ++i) {
        const code = memory.view.getUint16(codes + 2 * i, true);
        const level = code >> 1;
        if (level === 0) continue;
        const term = round(ldexp(value, level - s));
        v[i]! += code & 1 ? -term : term;
      }
    },
  };
}

export function naturalKernels(memory: Memory) {
  const f32 = { ...compression(memory, "f32"), ...dithering(memory, "f32") };
  const f64 = { ...compression(memory, "f64"), ...dithering(memory, "f64") };
  return {
    naturalEncode_f32: f32.naturalEncode,
    naturalEncode_f64: f64.naturalEncode,
    naturalAdd_f32: f32.naturalAdd,
    naturalAdd_f64: f64.naturalAdd,
    naturalValid_f32: f32.naturalValid,
    naturalValid_f64: f64.naturalValid,
    naturalDitherCodes_f32: f32.naturalDitherCodes,
    naturalDitherCodes_f64: f64.naturalDitherCodes,
    naturalCodesAdd_f32: f32.naturalCodesAdd,
    naturalCodesAdd_f64: f64.naturalCodesAdd,
  };
}
