/** What theory's step sizes are computed from: constants of the problem, the compressors and who takes part. */
import type { Facts, Slots, Smoothness } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";

/** @param participation chance that a worker takes part in a round */
export function createFacts(
  { L, Li, mu }: Smoothness,
  dim: number,
  codecs: readonly Slots[],
  participation = 1,
): Facts {
  const n = codecs.length;
  return {
    n,
    dim,
    participation,
    L,
    Li,
    mu,
    Lmax: Math.max(...Li),
    Ltilde: Math.sqrt(Li.reduce((sum, l) => sum + l * l, 0) / n),
    omega: (slot) =>
      codecs.flatMap((of) => {
        const codec = of[slot];
        if (!codec) return [];
        if (codec.omega !== undefined) return (1 + codec.omega) / participation - 1;
        throw new UsageError(
          `${codec.spec}: theory's step size needs an unbiased compressor here; give options.gamma as a number`,
        );
      }),
    delta: (slot) => codecs.flatMap((of) => (of[slot] ? [of[slot].delta ?? 0] : [])),
    constants: (slot) => codecs.flatMap((of) => (of[slot] ? [of[slot].constants] : [])),
  };
}
