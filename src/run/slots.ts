/** Which compressors a run gives to which slots of its method. */
import type { Method } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import type { RunSpec } from "./config.ts";
import { MODEL } from "./downlink.ts";

/** Specs of every worker's slots from a run's `compressor` and `compressors`. @throws UsageError */
export function slotSpecs(run: RunSpec, method: Method, n: number): Record<string, string>[] {
  const known = Object.keys(method.needs.compressors);
  if (method.covers?.includes("downlink")) known.push(MODEL);
  const given: Record<string, string | string[]> = { ...method.needs.defaults };
  if (Array.isArray(run.compressors)) given.gradient = run.compressors;
  else Object.assign(given, run.compressors);
  if (run.compressor !== undefined) {
    if (run.compressors !== undefined && (Array.isArray(run.compressors) || run.compressors.gradient !== undefined))
      throw new UsageError(`${run.method}: give the slot gradient once, as compressor or in compressors`);
    given.gradient = run.compressor;
  }
  for (const slot of Object.keys(given)) {
    if (known.includes(slot)) continue;
    throw new UsageError(
      known.length === 0
        ? `${run.method}: compresses nothing, got a compressor for "${slot}"`
        : `${run.method}: unknown slot "${slot}"; ${suggestion(slot, known)}`,
    );
  }
  for (const slot of known) {
    const optional = method.needs.optional?.includes(slot) || !Object.hasOwn(method.needs.compressors, slot);
    if (given[slot] === undefined && !optional) {
      throw new UsageError(`${run.method}: needs a compressor${slot === "gradient" ? "" : ` for the slot ${slot}`}`);
    }
    const specs = given[slot];
    if (slot === MODEL && Array.isArray(specs)) {
      throw new UsageError(
        `${run.method}: slot ${MODEL} compresses the broadcast: one compressor, got ${specs.length}`,
      );
    }
    if (Array.isArray(specs) && specs.length !== n) {
      throw new UsageError(
        `${run.method}: slot ${slot} must have one compressor per worker (${n}), got ${specs.length}`,
      );
    }
  }
  return Array.from({ length: n }, (_, i) =>
    Object.fromEntries(
      Object.entries(given).map(([slot, specs]) => [slot, typeof specs === "string" ? specs : specs[i]!]),
    ),
  );
}
