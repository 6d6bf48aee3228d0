/** Fixed points of mean T_i, from the maps themselves. */
import type { Problem } from "../../src/core/contracts.ts";
import { createMap, type MapSpec } from "../../src/methods/fixed-point-maps.ts";
import { privateOps } from "../../src/problems/factory.ts";

/** T_1(x), ..., T_n(x). */
export function imagesOf(problem: Problem, map: MapSpec, step: number) {
  const ops = privateOps();
  const { dim, workers } = problem;
  const maps = Array.from({ length: workers }, (_, worker) =>
    createMap({ ops, dim, worker, oracle: problem.oracle(ops, worker) }, map, step),
  );
  const [at, out] = [ops.vec(dim), ops.vec(dim)];
  return (x: ArrayLike<number>): Float64Array[] =>
    maps.map((T) => {
      at.view.set(x);
      T(at, out);
      return Float64Array.from(out.view);
    });
}

export function fixedPoint(problem: Problem, map: MapSpec, step: number): Float64Array {
  const images = imagesOf(problem, map, step);
  let x = new Float64Array(problem.dim);
  for (let k = 0; k < 3000; ++k) {
    const all = images(x);
    const next = x.map((_, j) => all.reduce((sum, t) => sum + t[j]!, 0) / all.length);
    if (next.every((v, j) => Math.abs(v - x[j]!) <= 1e-16 * (1 + Math.abs(v)))) return next;
    x = next;
  }
  return x;
}

/** n = 6, d = 12: a rotation by thirds scaled to 0.7, and a centre of its own for every worker. */
export const rotation: MapSpec = {
  name: "affine",
  A: Array.from({ length: 12 }, (_, i) => Array.from({ length: 12 }, (_, j) => (j === (i + 5) % 12 ? 0.7 : 0))),
  b: Array.from({ length: 6 }, (_, i) => Array.from({ length: 12 }, (_, j) => Math.cos(3 * i + j))),
};
