/** Exact values of E|C(x) - x|^2 / |x|^2, and inputs that reach constants. */
import type { Ratio } from "./moments.ts";

export const flat = (d: number): number[] => Array.from({ length: d }, () => 1);

type Norm = "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "max";
const squares = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);
const normOf = (x: Float64Array, norm: Norm): number =>
  norm === "max"
    ? Math.max(...x.map(Math.abs))
    : x.reduce((sum, v) => sum + Math.abs(v) ** Number(norm), 0) ** (1 / Number(norm));

/** (norm/s)^2 sum f_i (1 - f_i), f_i the fraction of s |x_i| / norm. */
export const ditheringRatio =
  (s: number, norm: Norm): Ratio =>
  (x) => {
    const scale = normOf(x, norm);
    let off = 0;
    for (const v of x) {
      const y = Math.min(s, (s * Math.abs(v)) / scale);
      off += (y - Math.floor(y)) * (1 - y + Math.floor(y));
    }
    return (off * scale * scale) / (s * s * squares(x));
  };

/** norm^2 sum (hi - y)(y - lo), lo and hi the levels around y_i = |x_i| / norm: 0, 2^(1-s), ..., 1. */
export const naturalDitheringRatio = (s: number, norm: Norm): Ratio => exponentialRatio(2, s, norm);

/** The same with the levels 0, beta^(1-s), ..., 1. */
export const exponentialRatio =
  (beta: number, s: number, norm: Norm): Ratio =>
  (x) => {
    const scale = normOf(x, norm);
    let off = 0;
    for (const v of x) {
      const y = Math.min(1, Math.abs(v) / scale);
      let hi = beta ** (1 - s);
      let lo = 0;
      for (; hi < y * (1 - 1e-14); hi *= beta) lo = hi;
      off += (hi - y) * (y - lo);
    }
    return (off * scale * scale) / squares(x);
  };

/** The k entries of largest magnitude. */
export const largest = (x: Float64Array, k: number): Float64Array =>
  Float64Array.from([...x].sort((a, b) => Math.abs(b) - Math.abs(a)).slice(0, k));

/** Of Q(Top_K(x))/(1 + omega), Q unbiased with ratio `inner` on the kept values. */
export const keptRatio =
  (kept: (d: number) => number, omega: (k: number) => number, inner: Ratio): Ratio =>
  (x) => {
    const k = kept(x.length);
    const part = largest(x, k);
    const gain = 1 / (1 + omega(k));
    const share = squares(part) / squares(x);
    return 1 - share + share * ((1 - gain) ** 2 + gain * gain * inner(part));
  };
