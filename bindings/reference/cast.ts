// Twin of assembly/core/cast.ts and integer.ts.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";
import { draws, fraction } from "./stream.ts";

/** floor(lg y) of a positive double, not below `first`. */
function exponentOf(y: number, first: number): number {
  let e = first;
  while (e < 1023 && 2 ** (e + 1) <= y) ++e;
  return e;
}

/** To the nearest integer, ties to even; y >= 0. */
function toEven(y: number): number {
  const whole = Math.floor(y);
  const part = y - whole;
  return whole + (part > 0.5 || (part === 0.5 && whole % 2 === 1) ? 1 : 0);
}

function encode(v: number, half: number, round: (y: number) => number): number {
  const mantissa = half ? 10 : 7;
  const first = half ? -14 : -126;
  const last = half ? 0x7bff : 0x7f7f;
  const size = Math.abs(v);
  const e = exponentOf(size, first);
  const code = e > 127 ? last : Math.min((e - first) * 2 ** mantissa + round(size * 2 ** (mantissa - e)), last);
  return code + (v < 0 && code > 0 ? 0x8000 : 0);
}

function decode(code: number, half: number): number {
  const mantissa = half ? 10 : 7;
  const first = half ? -14 : -126;
  const e = (code & 0x7fff) >> mantissa;
  const m = code & (2 ** mantissa - 1);
  const value = e === 0 ? m * 2 ** (first - mantissa) : (2 ** mantissa + m) * 2 ** (e - 1 + first - mantissa);
  return code & 0x8000 ? -value : value;
}

const drawn = (u: number) => (y: number) => Math.floor(y) + (u < y - Math.floor(y) ? 1 : 0);

function of(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const put = (bytes: number, at: number, value: number): void => {
    if (bytes === 1) memory.view.setInt8(at, value);
    else if (bytes === 2) memory.view.setInt16(at, value, true);
    else memory.view.setInt32(at, value, true);
  };
  return {
    castNearest(n: number, half: number, x: number, packed: number): void {
      const v = memory.vec(dtype, n, x);
      for (let i = 0; i < n; ++i) memory.view.setUint16(packed + 2 * i, encode(v[i]!, half, toEven), true);
    },
    castDither(n: number, half: number, x: number, rng: number, packed: number): void {
      const v = memory.vec(dtype, n, x);
      const source = draws(memory, rng);
      for (let i = 0; i < n; ++i) {
        const u = fraction(source, dtype, i);
        memory.view.setUint16(packed + 2 * i, encode(v[i]!, half, drawn(u)), true);
      }
    },
    castAdd(n: number, half: number, a: number, packed: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      const factor = round(a);
      for (let i = 0; i < n; ++i) v[i]! += round(decode(memory.view.getUint16(packed + 2 * i, true), half) * factor);
    },
    integerNearest(
      n: number,
      alpha: number,
      low: number,
      high: number,
      bytes: number,
      x: number,
      packed: number,
    ): void {
      const v = memory.vec(dtype, n, x);
      for (let i = 0; i < n; ++i) {
        const y = v[i]! * alpha;
        const q = Math.sign(y) * toEven(Math.abs(y));
        put(bytes, packed + bytes * i, Math.min(Math.max(q, low), high));
      }
    },
    integerDither(
      n: number,
      alpha: number,
      low: number,
      high: number,
      bytes: number,
      x: number,
      rng: number,
      packed: number,
    ): void {
      const v = memory.vec(dtype, n, x);
      const source = draws(memory, rng);
      for (let i = 0; i < n; ++i) {
        const y = v[i]! * alpha;
        const q = Math.sign(y) * drawn(fraction(source, dtype, i))(Math.abs(y));
        put(bytes, packed + bytes * i, Math.min(Math.max(q, low), high));
      }
    },
    integerAdd(n: number, a: number, bytes: number, packed: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      for (let i = 0; i < n; ++i) v[i]! += round(integerAt(memory, bytes, packed + bytes * i) * a);
    },
  };
}

function integerAt(memory: Memory, bytes: number, at: number): number {
  if (bytes === 1) return memory.view.getInt8(at);
  return bytes === 2 ? memory.view.getInt16(at, true) : memory.view.getInt32(at, true);
}

export function castKernels(memory: Memory) {
  const out: Record<string, unknown> = {
    castValid(n: number, half: number, packed: number): number {
      for (let i = 0; i < n; ++i) {
        const code = memory.view.getUint16(packed + 2 * i, true);
        if ((code & 0x7fff) > (half ? 0x7bff : 0x7f7f) || code === 0x8000) return 0;
      }
      return 1;
    },
    integerValid(n: number, low: number, high: number, bytes: number, packed: number): number {
      for (let i = 0; i < n; ++i) {
        const q = integerAt(memory, bytes, packed + bytes * i);
        if (q < low || q > high) return 0;
      }
      return 1;
    },
  };
  for (const dtype of ["f32", "f64"] as const) {
    for (const [name, kernel] of Object.entries(of(memory, dtype))) out[`${name}_${dtype}`] = kernel;
  }
  return out;
}
