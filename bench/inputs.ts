/** Vectors to measure on. The same numbers in every process: ratios between runs compare like with like. */
import type { Dtype } from "../bindings/kernels.ts";
import { Stream } from "./plain/random.ts";
import type { Floats } from "./plain/vec.ts";

export const distributions = ["normal", "heavy-tailed", "sparse", "constant"] as const;
export type Distribution = (typeof distributions)[number];

export const describe: Readonly<Record<Distribution, string>> = {
  normal: "N(0, 1)",
  "heavy-tailed": "random sign, magnitude 1/u (Pareto, no mean)",
  sparse: "99 % zeros, the rest N(0, 1)",
  constant: "0.7 everywhere",
};

export const allocate = (dtype: Dtype, n: number): Floats =>
  dtype === "f32" ? new Float32Array(n) : new Float64Array(n);

export function input(distribution: Distribution, dtype: Dtype, n: number, seed = 1): Floats {
  const out = allocate(dtype, n);
  const stream = new Stream(seed);
  const uniform = () => ((stream.next() >>> 0) + 0.5) * 2 ** -32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const draw: Record<Distribution, () => number> = {
    normal,
    "heavy-tailed": () => (uniform() < 0.5 ? -1 : 1) / uniform(),
    sparse: () => (uniform() < 0.99 ? 0 : normal()),
    constant: () => 0.7,
  };
  const next = draw[distribution];
  for (let i = 0; i < n; ++i) out[i] = next();
  return out;
}
