import { privateOps } from "../../src/problems/factory.ts";
import { mean } from "../methods/measures.ts";
import type { MethodPromise } from "./contract.ts";
import { nonconvex, quadratics } from "./problems.ts";

const start = new Float64Array(12).fill(1);

/** f(x0), and mean|grad f_i(x0)|^2. */
function atStart(): { loss: number; gradients: number } {
  const problem = nonconvex.make();
  const ops = privateOps();
  const [x, g] = [ops.from(start), ops.vec(12)];
  const gradients = Array.from({ length: problem.workers }, (_, i) => {
    problem.oracle(ops, i).gradient(x, g);
    return ops.squares(g);
  });
  return { loss: problem.oracle(ops, -1).loss(x), gradients: mean(gradients) };
}

export const promise: MethodPromise[] = [
  {
    text: "V = f - f* + (gamma/theta) mean|g_i - grad f_i|^2 contracts by 1 - gamma mu",
    problem: quadratics,
    slots: { gradient: "top-k:k=6" },
    rounds: 4000,
    expect: { linear: 1e-20 },
  },
  {
    text: "not convex: mean over k < K of |grad f(x^k)|^2 <= 2 (f(x0) - f*)/(gamma K) + mean|g_i^0 - grad f_i(x0)|^2/(theta K)",
    problem: nonconvex,
    slots: { gradient: "top-k:k=6" },
    start,
    rounds: 400,
    expect: {
      sublinear: {
        of: "gradient",
        seeds: 1,
        bound({ options, facts }, rounds) {
          const delta = facts.delta("gradient")[0]!;
          const { loss, gradients } = atStart(); // f* >= 0, and g_i^0 = C(grad f_i(x0))
          const left = ((1 - delta) * gradients) / (1 - Math.sqrt(1 - delta));
          return ((2 * loss) / options.gamma + left) / rounds;
        },
      },
    },
  },
];
