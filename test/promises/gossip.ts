import { distance2 } from "../run/harness.ts";
import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

const rounds = 400;

export const promise: MethodPromise = {
  text: "without gradients every x_i goes linearly to mean x_i^0, which every round keeps",
  problem: quadratics,
  options: { spread: 1 },
  shown: { gamma: 0.02 },
  topology: "ring",
  rounds,
  expect: {
    async check(run) {
      const before = await run.x();
      const { n, dim } = run;
      const mean = new Float64Array(dim);
      before.forEach((v, at) => {
        mean[at % dim]! += v / n;
      });
      const apart = (x: Float64Array): number => {
        let sum = 0;
        for (let i = 0; i < n; ++i) sum += distance2(x.subarray(i * dim, (i + 1) * dim), mean);
        return sum / n;
      };
      const first = apart(before);
      let [k, last] = [0, 1];
      while (last >= 1e-20) {
        if (k === rounds) throw new Error(`mean |x_i - mean|^2 is still ${last} of the first after ${k} rounds`);
        await run.play(1);
        k += 1;
        last = apart(await run.x()) / first;
      }
      return `1e-20 after ${k} rounds`;
    },
  },
};
