import { privateOps } from "../../src/problems/factory.ts";
import { distance2 } from "../run/harness.ts";
import type { MethodPromise } from "./contract.ts";
import { alike, quadratics } from "./problems.ts";

const compute = [1, 1, 1, 2, 4, 4];

/** argmin of sum_i f_i/compute_i, by gradient descent. */
function weighted(): Float64Array {
  const problem = quadratics.make();
  const ops = privateOps();
  const total = compute.reduce((sum, seconds) => sum + 1 / seconds, 0);
  const oracles = compute.map((_, i) => problem.oracle(ops, i));
  const [w, g, sum] = [ops.vec(problem.dim), ops.vec(problem.dim), ops.vec(problem.dim)];
  for (let k = 0; k < 600; ++k) {
    ops.fill(0, sum);
    oracles.forEach((oracle, i) => {
      oracle.gradient(w, g);
      ops.axpy(1 / compute[i]! / total, g, sum);
    });
    ops.axpy(-1 / 6, sum, w);
  }
  return Float64Array.from(w.view);
}

export const promise: MethodPromise[] = [
  {
    text: "goes to argmin sum_i f_i/s_i, s_i the worker's time: fast workers count for more, and a smaller step does not mend it",
    problem: quadratics,
    network: { compute },
    options: { gamma: 1e-3 },
    rounds: 30_000,
    expect: {
      async check(run) {
        const optimum = quadratics.make().optimum();
        const target = weighted();
        const bias = distance2(target, optimum);
        await run.play(30_000);
        const [near, far] = [distance2(await run.x(), target), distance2(await run.x(), optimum)];
        if (!(near < 1e-3 * bias)) throw new Error(`${near} from the weighted minimiser, whose distance is ${bias}`);
        if (!(far > 0.5 * bias)) throw new Error(`${far} from x*: nearer than half the bias ${bias}`);
        return `${near.toExponential(1)} from there, ${far.toExponential(1)} from x*`;
      },
    },
  },
  {
    text: "linear when every grad f_i(x*) = 0",
    problem: alike,
    network: { compute: [1, 2, 3, 4, 5, 6] },
    rounds: 20_000,
    expect: { linear: 1e-20 },
  },
];
