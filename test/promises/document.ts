/** docs/methods.md: a row per promise, as played. */
import type { Method } from "../../src/core/contracts.ts";
import { methods } from "../../src/methods/index.ts";
import type { MethodPromise, PromiseModule } from "./contract.ts";
import { type Played, play } from "./play.ts";

/** Files of this folder that are no promises. */
export const helpers = ["bounds", "contract", "document", "play", "problems", "smoke"];

export interface Row {
  method: Method;
  promise: MethodPromise;
  played: Played;
}

/** Plays what the modules promise, in the registry's order of methods. */
export async function playAll(modules: Readonly<Record<string, PromiseModule>>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const method of Object.values(methods)) {
    for (const promise of promisesOf(modules[method.name])) {
      rows.push({ method, promise, played: await play(method, promise) });
    }
  }
  return rows;
}

export const promisesOf = (module: PromiseModule | undefined): readonly MethodPromise[] =>
  module === undefined ? [] : [module.promise].flat();

/** The method of a file: `diana-plus` is `diana+`. */
export const methodOf = (file: string): string => file.replace(/-plus$/, "+");

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** Problem, compressors, estimator and options in words. */
function conditions({ promise, method }: Row): string {
  const { problem, slots, estimator, options = {}, network, topology } = promise;
  const parts = [problem.title];
  const specs = slots === undefined ? [] : [slots].flat();
  for (const [slot, spec] of Object.entries(specs[0] ?? {})) {
    const many = specs.some((other) => other[slot] !== spec) ? ", ..." : "";
    parts.push(`${slot === "gradient" ? "" : `${slot} `}\`${spec}${many}\``);
  }
  const named = typeof estimator === "string" ? estimator : estimator?.name;
  if (named) parts.push(`estimator ${named}`);
  if (topology) parts.push(topology);
  if (network) parts.push("workers of different speed");
  const { gamma, ...rest } = options;
  for (const [key, value] of Object.entries(rest)) parts.push(`${key} = ${JSON.stringify(value)}`);
  if (typeof gamma === "number") parts.push(`gamma = ${gamma}`);
  else if (Object.hasOwn(method.options, "gamma") && !method.peer) {
    const factor = typeof gamma === "object" && gamma !== null ? (gamma as { theory: number }).theory : 1;
    parts.push(factor === 1 ? "theory's step" : `${factor} of theory's step`);
  }
  return parts.join(", ");
}

export function rowText(row: Row): string {
  const { method, promise, played } = row;
  const { name, reference } = method;
  const cells = [
    `[\`${name}\`](../src/methods/${name.replace("+", "-plus")}.ts)`,
    cell(promise.text),
    cell(conditions(row)),
    cell(played.measured),
    played.bits.toFixed(0),
    `[promise](../test/promises/${name}.ts), [test](../test/methods/${name}.test.ts)`,
    cell(reference),
  ];
  return `| ${cells.join(" | ")} |`;
}

export function methodsDocument(rows: readonly Row[], smoke: string): string {
  const titles = new Map(rows.map(({ promise: { problem } }) => [problem.title, problem.make]));
  const problems = [...titles].map(([title, make]) => {
    const problem = make();
    const { L, mu } = problem.smoothness();
    const { name, workers, dim } = problem;
    return `- **${title}**: ${name}, n = ${workers}, d = ${dim}, L = ${L.toPrecision(3)}, mu = ${mu.toPrecision(3)}`;
  });
  return `# Methods: what is promised, what was measured

Made by \`node scripts/methods.mjs\`; \`test/promises/promises.test.ts\` plays every row again and compares it. Runs are f64
on the release module with fixed seeds, so the figures are equal on every machine. \`thinwire list methods\` shows options.

Errors are |x - x*|^2. "1e-20 after k rounds" is relative to |x0 - x*|^2. A plateau is the mean over rounds and seeds, begun at x*
unless a start is given; it has to lie below theory's bound and not below a thousandth of it (a row whose bound is that
loose says so in its module). Bits are payload up, a round and worker (a result, for asynchronous methods).

Problems:

${problems.join("\n")}

| method | promise | run | measured | bits | where | source |
|---|---|---|---|---|---|---|
${rows.map(rowText).join("\n")}

## All of them on one problem

\`thinwire run all-methods\` plays every method under the conditions of its first row above on one ridge regression (n = 6,
d = 12, f64, from 0) and prints what a relative error of 1e-6 costs. "given" steps are those of the row; a compressor here
is an example, not the method's best. Methods that promise a neighbourhood stall, and say where: their mean error over the
last third of the rounds.

${smoke}
`;
}
