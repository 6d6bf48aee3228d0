/** What a run adds to its method: psi, a random part of the workers, a compressed broadcast, the average of the iterates. */
import type { Extra, Method } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { createProx, type ProxChoice, type SeparableProx } from "../prox/index.ts";
import { MODEL } from "./downlink.ts";
import type { ParticipationChoice } from "./sampling.ts";

export interface ExtraChoices {
  readonly prox?: ProxChoice | undefined;
  readonly participation?: ParticipationChoice | undefined;
  readonly average?: "uniform" | "weighted" | undefined;
}

const rules: Readonly<Record<Exclude<Extra, "aggregator">, string>> = {
  prox: "no step of it is known to be safe with a proximal term",
  participation: "its theory asks every worker in every round",
  downlink: "its theory has no compressed broadcast",
};

/** Whether a run's slots ask for downlink compression; a method may have a slot of that name for itself. */
export const asksDownlink = (compressors: unknown, { needs }: Pick<Method, "needs">): boolean =>
  typeof compressors === "object" &&
  compressors !== null &&
  Object.hasOwn(compressors, MODEL) &&
  !Object.hasOwn(needs.compressors, MODEL);

/** psi of a run. @throws UsageError for what the method's theory does not cover, naming those that do; RangeError for values */
export function checkExtras(
  { prox, participation, average }: ExtraChoices,
  downlink: boolean,
  method: Method,
  where = "experiment",
): SeparableProx | undefined {
  const { name, covers = [] } = method;
  const asked: readonly (readonly [keyof typeof rules, boolean, key: string])[] = [
    ["prox", prox !== undefined, "prox"],
    ["participation", participation !== undefined && participation !== 1, "participation"],
    ["downlink", downlink, `compressors.${MODEL}`],
  ];
  for (const [extra, wanted, key] of asked) {
    if (wanted && !covers.includes(extra)) {
      throw new UsageError(
        `${where}.${key}: ${name} does not cover ${extra} (${rules[extra]}); "thinwire list methods" shows which do`,
      );
    }
  }
  if (prox !== undefined && downlink) {
    throw new UsageError(
      `${where}: prox and a compressor for the slot ${MODEL} exclude each other: no step is known for both`,
    );
  }
  if (average !== undefined && !method.server) {
    throw new UsageError(`${where}.average: ${name} has no rounds at a server whose iterates could be averaged`);
  }
  return prox === undefined ? undefined : createProx(prox, `${where}.prox`);
}

/** The factor between the weights of an average (average.ts). @throws UsageError */
export function averageFactor(
  average: ExtraChoices["average"],
  gamma: number,
  mu: number,
  where = "experiment",
): number | undefined {
  if (average === undefined) return undefined;
  if (average === "uniform") return 1;
  const q = 1 - (gamma * mu) / 2;
  if (mu > 0 && q > 0) return q;
  throw new UsageError(`${where}.average: "weighted" needs a strongly convex problem and gamma mu < 2, got mu = ${mu}`);
}
