/** What people write first: sort, Math.sign, Math.random, arrays of numbers. Nothing is packed into bits. */
import type { Floats } from "./plain/vec.ts";

export function naiveSign(x: Floats): { scale: number; signs: number[] } {
  const values = Array.from(x);
  const scale = values.reduce((sum, v) => sum + Math.abs(v), 0) / values.length;
  return { scale, signs: values.map((v) => Math.sign(v)) };
}

export function naiveTopK(x: Floats, k: number): { index: number; value: number }[] {
  return Array.from(x, (value, index) => ({ index, value }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, k);
}

export function naiveDither(x: Floats, s: number): { norm: number; levels: number[] } {
  const norm = Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));
  const levels = Array.from(x, (v) => {
    const y = (Math.abs(v) / norm) * s;
    const low = Math.floor(y);
    return Math.sign(v) * (low + (Math.random() < y - low ? 1 : 0));
  });
  return { norm, levels };
}
