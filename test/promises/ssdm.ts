import type { Method, Problem } from "../../src/core/contracts.ts";
import { ssdm } from "../../src/methods/ssdm.ts";
import { rowGradients } from "../methods/measures.ts";
import { sameRows, scattered } from "../methods/problems.ts";
import { build, squares } from "../run/harness.ts";
import type { MethodPromise } from "./contract.ts";

const slots = { gradient: "raw-stochastic-sign" };
const estimator = "mini-batch";

/** The mean of |grad f(x^k)| over K rounds, and theory's bound with the largest sigma met. */
async function measured(problem: Problem, K: number): Promise<{ mean: number; bound: number }> {
  const method = ssdm as Method;
  const start = new Float64Array(problem.dim).fill(0.2);
  const run = build({ method, problem, slots, estimator, start, options: { K } });
  const { ops, dim } = run;
  const oracle = problem.oracle(ops, -1);
  const rowsOf = rowGradients(problem);
  const [x, g] = [ops.from(problem.optimum()), ops.vec(dim)];
  const least = oracle.loss(x);
  x.view.set(start);
  const gap = oracle.loss(x) - least;
  let [mean, sigma] = [0, 0];
  for (let k = 0; k < K; ++k) {
    const at = await run.x();
    x.view.set(at);
    oracle.gradient(x, g);
    mean += ops.norm2(g) / K;
    const all = rowsOf(0, at);
    const second = all.reduce((sum, { gradient }) => sum + squares(gradient), 0) / all.length;
    sigma = Math.max(sigma, Math.sqrt(Math.max(0, second - squares(g.view))));
    await run.play(1);
  }
  const { gamma } = run.options;
  const { beta } = run.options as typeof run.options & { beta: number };
  const { L } = run.facts.exact!;
  const drift = (L * gamma * Math.sqrt(dim) * beta) / (1 - beta);
  const noise = sigma * Math.sqrt((1 - beta) / (1 + beta)) + sigma / (K * (1 - beta));
  return { mean, bound: gap / (gamma * K) + (L * gamma * dim) / 2 + 2 * (drift + noise) };
}

export const promise: MethodPromise[] = [
  {
    text: "f_i alike, beta = 1 - K^(-1/2), gamma = K^(-3/4): (1/K) sum E|grad f(x^k)| <= (f(x0) - f*)/(gamma K) + L gamma d/2 + 2(L gamma sqrt(d) beta/(1 - beta) + sigma sqrt((1 - beta)/(1 + beta)) + sigma/(K(1 - beta))) = O(K^(-1/4))",
    problem: { title: "ridge, all workers with the same rows", make: sameRows },
    slots,
    estimator,
    rounds: 1600,
    expect: {
      async check(run) {
        await run.play(1); // the table counts its bits
        const shown: string[] = [];
        let last = Infinity;
        for (const K of [100, 1600]) {
          const { mean, bound } = await measured(sameRows(), K);
          if (!(mean <= bound && mean > 1e-3 * bound)) throw new Error(`K = ${K}: ${mean}, the bound is ${bound}`);
          if (!(mean < last / 1.5)) throw new Error(`K = ${K}: ${mean}, after ${last} for a smaller K`);
          last = mean;
          shown.push(`K = ${K}: ${mean.toExponential(1)}, bound ${bound.toExponential(1)}`);
        }
        return shown.join("; ");
      },
    },
  },
  {
    text: "where workers differ it stalls: f_i = (x - a_i)^2/2, a = (-1, -1, 2): x* = 0, it goes to -1",
    problem: { title: "three points", make: () => scattered([-1, -1, 2]) },
    slots,
    options: { K: 10_000 },
    rounds: 10_000,
    expect: {
      async check(run) {
        await run.play(10_000);
        const at = (await run.x())[0]!;
        if (!(Math.abs(at + 1) < 0.1)) throw new Error(`x = ${at}`);
        return `x = ${at.toFixed(2)}`;
      },
    },
  },
];
