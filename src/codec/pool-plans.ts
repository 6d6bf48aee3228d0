/** How kernels are cut into parts of whole blocks: for each argument how it moves, and what becomes of the results. */
import type { Dtype, Kernels } from "../../bindings/kernels.ts";

export interface Plan {
  /** Bits that each argument moves by an element, the first (n) apart. */
  readonly bits: (args: readonly number[]) => readonly number[];
  /** Which argument is a generator's state. */
  readonly rng?: number;
  /** "blocks": totals of the blocks of 2^16, added in their order; "sum" and "max" of the parts' results; none. */
  readonly result: "blocks" | "sum" | "max" | "none";
}

/** Plans by the kernels' plain names; E bits an element. */
function typedPlans(E: number): Record<string, Plan> {
  const reduction: Plan = { bits: () => [0, E], result: "blocks" };
  const pairs: Plan = { bits: () => [0, E, E], result: "blocks" };
  return {
    sum: reduction,
    norm1: reduction,
    squares: reduction,
    dot: pairs,
    distance2: pairs,
    normMax: { bits: () => [0, E], result: "max" },
    axpy: { bits: () => [0, 0, E, E], result: "none" },
    signEncode: { bits: () => [0, E, 1], result: "blocks" },
    signAdd: { bits: () => [0, 0, 1, E], result: "none" },
    stochasticSignEncode: { bits: () => [0, E, 0, 0, 1], rng: 3, result: "none" },
    ditherCodes: { bits: () => [0, 0, 0, E, 0, 16], rng: 4, result: "sum" },
    codesAdd: { bits: () => [0, 0, 16, E], result: "none" },
    naturalDitherCodes: { bits: () => [0, 0, 0, E, 0, 16], rng: 4, result: "sum" },
    naturalCodesAdd: { bits: () => [0, 0, 0, 16, E], result: "none" },
    naturalPlanes: { bits: () => (E === 32 ? [0, E, 0, 1, 8] : [0, E, 0, 8, 4]), rng: 2, result: "max" },
    gridCodes: { bits: () => [0, 0, 0, 0, E, 0, 16], rng: 5, result: "sum" },
    bookDither: { bits: () => [0, 0, 0, E, 0, 8], rng: 4, result: "none" },
    castDither: { bits: () => [0, 0, E, 0, 16], rng: 3, result: "none" },
    integerDither: { bits: (args) => [0, 0, 0, 0, 0, E, 0, 8 * args[4]!], rng: 6, result: "none" },
    // the list: 32 bits, and room for what is stored past a part's last entry
    topKCollect: { bits: () => [0, E, 8, LIST_BITS, 0], result: "sum" },
  };
}

export const LIST_BITS = 33;

export const plans: Readonly<Record<string, Plan>> = {
  ...Object.fromEntries(
    (["f32", "f64"] as const).flatMap((dtype: Dtype) =>
      Object.entries(typedPlans(dtype === "f32" ? 32 : 64)).map(([name, plan]) => [`${name}_${dtype}`, plan]),
    ),
  ),
  pack16: { bits: (args) => [0, 0, 16, args[1]!], result: "sum" },
  unpack16: { bits: (args) => [0, 0, args[1]!, 16], result: "none" },
  codesMaxLevel: { bits: () => [0, 16], result: "max" },
};

/** What the pool's module has besides the contract's kernels. */
export interface PartKernels extends Kernels {
  topKList(scratch: number): number;
  topKRoom(n: number, k: number): number;
}
