import { signsgdMajority } from "../../src/methods/signsgd-majority.ts";
import { quadratic, sameRows, scattered } from "../methods/problems.ts";
import { build, type Run } from "../run/harness.ts";
import type { MethodPromise, NamedProblem } from "./contract.ts";

const slots = { gradient: "raw-sign" };
const K = 400;

/** Separable: every coordinate is on its own. */
const separable: NamedProblem = {
  title: "separable quadratics with one minimiser",
  make: () => quadratic(6, 12, { mu: 1, L: 6, seed: 3, heterogeneity: 0, rotate: false }),
};

/** Largest |x_j - x_j*| over 40 rounds. */
async function farthest(run: Run): Promise<number> {
  const optimum = separable.make().optimum();
  let most = 0;
  for (let k = 0; k < 40; ++k) {
    await run.play(1);
    for (const [j, v] of (await run.x()).entries()) most = Math.max(most, Math.abs(v - optimum[j]!));
  }
  return most;
}

export const promise: MethodPromise[] = [
  {
    text: "all f_i = f: (1/K) sum |grad f(x^k)|_1 <= (f(x0) - f*)/(gamma K) + gamma d L/2",
    problem: { title: "ridge, all workers with the same rows", make: sameRows },
    slots,
    options: { K },
    rounds: K,
    expect: {
      async check(run) {
        const problem = sameRows();
        const oracle = problem.oracle(run.ops, -1);
        const [x, g] = [run.ops.from(problem.optimum()), run.ops.vec(run.dim)];
        const least = oracle.loss(x);
        x.view.set(await run.x());
        const gap = oracle.loss(x) - least;
        let sum = 0;
        for (let k = 0; k < K; ++k) {
          x.view.set(await run.x());
          oracle.gradient(x, g);
          sum += run.ops.norm1(g) / K;
          await run.play(1);
        }
        const { gamma } = run.options;
        const bound = gap / (gamma * K) + (gamma * run.dim * run.facts.L) / 2;
        if (!(sum <= bound && sum > 1e-3 * bound))
          throw new Error(`the mean of |grad f|_1 is ${sum}, the bound ${bound}`);
        return `${sum.toExponential(1)}, bound ${bound.toExponential(1)}`;
      },
    },
  },
  {
    text: "x never settles: it ends within gamma of x* in every coordinate (f_i alike and separable), and stays of that order",
    problem: separable,
    slots,
    options: { gamma: 0.05 },
    rounds: 1000,
    expect: {
      async check(run) {
        const slow = build({
          method: signsgdMajority,
          problem: separable.make(),
          slots,
          options: { gamma: 0.0125 },
        });
        const far: number[] = [];
        for (const [of, gamma] of [
          [run, 0.05],
          [slow, 0.0125],
        ] as const) {
          await of.play(2000);
          const most = await farthest(of);
          if (!(most <= 1.000001 * gamma && most > 0.3 * gamma))
            throw new Error(`${most} from x* with gamma = ${gamma}`);
          far.push(most / gamma);
        }
        return `largest distance ${far.map((of) => `${of.toFixed(2)} gamma`).join(", ")} for gamma = 0.05, 0.0125`;
      },
    },
  },
  {
    text: "counter-example: f_i = (x - a_i)^2/2, a = (-1, -1, 2): x* = 0, the vote goes to -1 whatever the step",
    problem: { title: "three points", make: () => scattered([-1, -1, 2]) },
    slots,
    options: { gamma: 0.01 },
    rounds: 1000,
    expect: {
      async check(run) {
        await run.play(1000);
        const at = (await run.x())[0]!;
        if (!(Math.abs(at + 1) <= 0.0101)) throw new Error(`x = ${at}`);
        return `x = ${at.toFixed(2)}`;
      },
    },
  },
];
