/**
 * Three workers on which Top-1 without error feedback diverges for every step size: f_i(x) = <a_i, x>^2 + |x|^2 / 4 with
 * a_1 = (-3, 2, 2) and its rotations. From (t, t, t) the compressed step is x + (11 gamma / 6) x.
 * Constants: L_i = 34.5; f has the eigenvalues 7/6 and 103/6 (twice). Minimiser 0.
 * Source: Beznosikov et al., arXiv 2002.12410.
 */
import type { Problem } from "../core/contracts.ts";
import { type ProblemFactory, readNumber } from "./factory.ts";
import { QuadraticProblem, type QuadraticShard, quadratic } from "./quadratic.ts";

const DIRECTIONS = [
  [-3, 2, 2],
  [2, -3, 2],
  [2, 2, -3],
] as const;

export const counterExample: ProblemFactory<QuadraticShard> = {
  name: "counter-example",
  summary: "three workers on which plain Top-1 diverges: f_i = <a_i, x>^2 + |x|^2/4, start (t, t, t)",
  data: false,
  options: { t: "the start is (t, t, t), t not 0; default 1" },
  readings: {},
  create(spec, { workers }) {
    if (workers !== 3) throw new RangeError(`counter-example: workers must be 3, got ${workers}`);
    const t = readNumber("counter-example", spec, "t", 1);
    if (t === 0) throw new RangeError("counter-example: t must not be 0, got 0");
    return new CounterExample(t);
  },
  oracle: quadratic.oracle,
  matrix: quadratic.matrix!,
};

class CounterExample extends QuadraticProblem implements Problem {
  readonly start: Float64Array;

  constructor(t: number) {
    super(counterExample, DIRECTIONS.map(shardOf), [34.5, 34.5, 34.5]);
    this.start = Float64Array.of(t, t, t);
  }

  override smoothness(reading?: string) {
    return { ...super.smoothness(reading), L: 103 / 6, mu: 7 / 6 };
  }

  override optimum(): Float64Array {
    return new Float64Array(3);
  }
}

/** Q = 2 a a' + I/2, b = 0. */
function shardOf(a: readonly number[]): QuadraticShard {
  const values = Float64Array.from({ length: 9 }, (_, at) => {
    const [i, j] = [Math.floor(at / 3), at % 3];
    return 2 * a[i]! * a[j]! + (i === j ? 0.5 : 0);
  });
  const matrix = { kind: "dense", rows: 3, cols: 3, values, labels: new Float64Array(3) } as const;
  return { name: "counter-example", matrix, constant: 0 };
}
