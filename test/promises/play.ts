/** Plays a promise and says what was measured, and in what it was broken. */
import type { Method, Vec } from "../../src/core/contracts.ts";
import { privateOps } from "../../src/problems/factory.ts";
import { AsyncServer } from "../../src/run/events.ts";
import { build, distance2, type Run, type RunSettings } from "../run/harness.ts";
import type { Divergence, MethodPromise, Plateau, Sublinear } from "./contract.ts";

export interface Played {
  /** For the table. */
  measured: string;
  faults: string[];
  /** Payload bits up a round and worker. */
  bits: number;
}

interface Stage {
  settings: RunSettings;
  promise: MethodPromise;
  optimum: () => Float64Array;
}

const short = (value: number): string => (value === 0 ? "0" : value.toExponential(1));

export async function play(method: Method, promise: MethodPromise): Promise<Played> {
  const { text: _text, problem: named, rounds, expect, optimum, shown: _shown, ...run } = promise;
  const problem = named.make();
  const settings: RunSettings = { ...run, method, problem };
  const stage = { settings, promise, optimum: () => optimum?.(problem) ?? problem.optimum() };
  if ("linear" in expect) return linear(stage, expect.linear);
  if ("plateau" in expect) return plateau(stage, expect.plateau);
  if ("diverges" in expect) return diverges(stage, expect.diverges);
  if ("sublinear" in expect) return sublinear(stage, expect.sublinear);
  const built = build(settings);
  try {
    return { measured: await expect.check(built), faults: [], bits: bitsOf(built) };
  } catch (error) {
    return { measured: "", faults: [String(error)], bits: 0 };
  }
}

/** A result of an asynchronous run comes from one of the n. */
function bitsOf({ server, n }: Run): number {
  return ((server instanceof AsyncServer ? n : 1) * server.ledger.uplinkBits) / server.round;
}

/** The method's answer: x, or the mean it keeps for this; all peers' x one after another. */
async function answer(run: Run, into: Vec): Promise<Float64Array> {
  const { node } = run.server as { node?: { output?(into: Vec): void } };
  if (!node?.output) return run.x();
  node.output(into);
  return Float64Array.from(into.view);
}

/** Mean over the peers of |x_i - at|^2. */
function error(x: Float64Array, at: Float64Array): number {
  const d = at.length;
  let sum = 0;
  for (let from = 0; from < x.length; from += d) sum += distance2(x.subarray(from, from + d), at);
  return (sum * d) / x.length;
}

async function linear({ settings, promise, optimum }: Stage, target: number): Promise<Played> {
  const run = build(settings);
  const into = run.ops.vec(run.dim);
  const at = optimum();
  const first = error(await run.x(), at);
  let [last, k] = [1, 0];
  while (last >= target && k < promise.rounds) {
    await run.play(1);
    k += 1;
    last = error(await answer(run, into), at) / first;
  }
  const measured =
    last < target ? `${short(target).replace(".0", "")} after ${k} rounds` : `${short(last)} after ${k} rounds`;
  const faults = last < target ? [] : [`relative error ${last} after ${k} rounds is not below ${target}`];
  return { measured, faults, bits: bitsOf(run) };
}

/** Mean of |x - x*|^2 over rounds and seeds. */
async function level({ settings, promise, optimum }: Stage, { warm, seeds = 2 }: Plateau, stretch: number) {
  const at = optimum();
  const rounds = promise.rounds * stretch;
  const first = settings.seed ?? 1;
  let sum = 0;
  let run!: Run;
  for (let seed = first; seed < first + seeds; ++seed) {
    run = build({ ...settings, start: settings.start ?? at, seed });
    const into = run.ops.vec(run.dim);
    await run.play((warm ?? promise.rounds) * stretch);
    for (let k = 0; k < rounds; ++k) {
      await run.play(1);
      sum += error(await answer(run, into), at) / (seeds * rounds);
    }
  }
  return { sum, run, bits: bitsOf(run) };
}

async function plateau(stage: Stage, expected: Plateau): Promise<Played> {
  const { sum, run, bits } = await level(stage, expected, 1);
  const bound = expected.bound(run);
  const { atLeast = 1e-3, halving } = expected;
  const faults: string[] = [];
  if (!(sum <= bound)) faults.push(`plateau ${sum} is above the bound ${bound}`);
  if (!(sum >= atLeast * bound)) faults.push(`plateau ${sum} is below ${atLeast} of the bound ${bound}`);
  let measured = `plateau ${short(sum)}, bound ${short(bound)}`;
  if (halving) {
    const options = expected.halved?.(run) ?? { ...stage.settings.options, gamma: half(stage.settings.options?.gamma) };
    const narrow = await level({ ...stage, settings: { ...stage.settings, options } }, expected, 2);
    const ratio = sum / narrow.sum;
    measured += `; half the step: ${ratio.toFixed(1)} times lower`;
    if (!(ratio >= halving[0] && ratio <= halving[1])) faults.push(`halving the step divides it by ${ratio}`);
  }
  return { measured, faults, bits };
}

function half(gamma: unknown): unknown {
  if (typeof gamma === "number") return gamma / 2;
  const factor = typeof gamma === "object" && gamma !== null ? (gamma as { theory: number }).theory : 1;
  return { theory: factor / 2 };
}

async function diverges(stage: Stage, { factor, exactly }: Divergence): Promise<Played> {
  const { settings, promise, optimum } = stage;
  const run = build(settings);
  const at = optimum();
  const first = error(await run.x(), at);
  let [growth, k] = [1, 0];
  while (growth < factor && k < promise.rounds) {
    await run.play(1);
    k += 1;
    growth = error(await run.x(), at) / first;
  }
  const faults = growth >= factor ? [] : [`grew only ${growth} times in ${k} rounds, not ${factor}`];
  let measured = `${short(growth)} times in ${k} rounds`;
  if (exactly) {
    const wanted = exactly(run, k);
    if (!(Math.abs(growth / wanted - 1) < 1e-10)) faults.push(`grew ${growth} times, theory says ${wanted}`);
    measured += ", as theory says to 1e-10";
  }
  return { measured, faults, bits: bitsOf(run) };
}

async function sublinear(stage: Stage, { of, bound, atLeast = 1e-3, seeds = 4 }: Sublinear): Promise<Played> {
  const { settings, promise, optimum } = stage;
  const { problem } = settings;
  const ops = privateOps();
  const whole = problem.oracle(ops, -1);
  const [x, g] = [ops.vec(problem.dim), ops.vec(problem.dim)];
  const set = (values: Float64Array) => {
    x.view.set(values);
    return x;
  };
  const least = of === "gap" ? whole.loss(set(optimum())) : 0;
  const marks = new Set([0.25, 0.5, 1].map((share) => Math.round(share * promise.rounds)));
  const sums = new Map<number, number>();
  const first = settings.seed ?? 1;
  let run!: Run;
  for (let seed = first; seed < first + seeds; ++seed) {
    run = build({ ...settings, seed });
    const into = run.ops.vec(run.dim);
    let gradients = 0;
    for (let k = 1; k <= promise.rounds; ++k) {
      if (of === "gradient") {
        whole.gradient(set(await run.x()), g);
        gradients += ops.squares(g);
      }
      await run.play(1);
      if (!marks.has(k)) continue;
      const value = of === "gap" ? whole.loss(set(await answer(run, into))) - least : gradients / k;
      sums.set(k, (sums.get(k) ?? 0) + value / seeds);
    }
  }
  const faults: string[] = [];
  for (const [k, value] of sums) {
    const limit = bound(run, k);
    if (!(value <= limit)) faults.push(`${of} ${value} after ${k} rounds is above the bound ${limit}`);
  }
  const last = sums.get(promise.rounds)!;
  const limit = bound(run, promise.rounds);
  if (!(last >= atLeast * limit)) faults.push(`${of} ${last} is below ${atLeast} of the bound ${limit}`);
  const name = of === "gap" ? "f - f*" : "mean gradient^2";
  const measured = `${name} ${short(last)} after ${promise.rounds} rounds, bound ${short(limit)}`;
  return { measured, faults, bits: bitsOf(run) };
}
