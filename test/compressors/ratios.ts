/** Exact values of E|C(x) - x|^2 / |x|^2, and inputs that reach constants. */
import type { Ratio } from "./moments.ts";

export const flat = (d: number): number[] => Array.from({ length: d }, () => 1);

type Norm = "2" | "max";
const squares = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);
const normOf = (x: Float64Array, norm: Norm): number =>
  norm === "2" ? Math.sqrt(squares(x)) : Math.max(...x.map(Math.abs));

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

/** norm^2 sum (hi - y)(y - lo), lo and hi the levels around y_i = |x_i| / norm. */
export const naturalDitheringRatio =
  (s: number, norm: Norm): Ratio =>
  (x) => {
    const scale = normOf(x, norm);
    let off = 0;
    for (const v of x) {
      const y = Math.min(1, Math.abs(v) / scale);
      let hi = 2 ** (1 - s);
      let lo = 0;
      for (; hi < y; hi *= 2) lo = hi;
      off += (hi - y) * (y - lo);
    }
    return (off * scale * scale) / squares(x);
  };
