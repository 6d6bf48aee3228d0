/** Vectors that bring out what is special in compressors: none of them has a norm of 0. */
import type { Random } from "../data/generators.ts";

export interface Input {
  readonly name: string;
  readonly values: Float64Array;
}

type Make = (i: number, dim: number, random: Random) => number;

const kinds: Readonly<Record<string, Make>> = {
  normal: (_i, _dim, random) => random.normal(),
  // Pareto tail of exponent 2/3: one entry often outweighs all others
  "heavy-tailed": (_i, _dim, random) => (random.below(2) ? 1 : -1) / (1 - random.uniform()) ** 1.5,
  sparse: (i, _dim, random) => (i % 10 === 0 ? random.normal() || 1 : 0),
  flat: (i) => (i % 3 ? 1 : -1),
  "one spike": (i, dim) => (i === dim >> 1 ? 1 : 0),
};

export function inputs(dim: number, random: Random, worst?: readonly number[]): Input[] {
  const all = Object.entries(kinds).map(([name, make]) => ({
    name,
    values: Float64Array.from({ length: dim }, (_, i) => make(i, dim, random)),
  }));
  return worst ? [...all, { name: "worst case", values: Float64Array.from(worst) }] : all;
}

/** Small integers, so that most magnitudes are tied, zeros of both signs among them. */
export const tied = (dim: number, random: Random): Float64Array =>
  Float64Array.from({ length: dim }, () => (random.below(2) ? 1 : -1) * random.below(4));

/** A smoothness matrix with eigenvalues in 0.6..3, for compressors that need one: full up to d = 64, diagonal beyond. */
export function testMatrix(dim: number): Float64Array {
  const diagonal = (i: number) => 1 + (i % 4) / 2;
  if (dim > 64) return Float64Array.from({ length: dim }, (_, i) => diagonal(i));
  // quotients, not cosines: the same numbers on every engine
  const off = (i: number, j: number) => ((0.4 / dim) * (((i + 2) * (j + 3)) % 17)) / 8 - 0.4 / dim;
  return Float64Array.from({ length: dim * dim }, (_, at) => {
    const [i, j] = [Math.floor(at / dim), at % dim];
    return i === j ? diagonal(i) : off(Math.min(i, j), Math.max(i, j));
  });
}
