/** What theory's step sizes are computed from: constants of the problem, the compressors and who takes part. */
import type { Facts, Slots, Smoothness } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import type { Participation } from "./sampling.ts";

/** @param participation absent: everyone takes part in every round */
export function createFacts(
  { L, Li, mu }: Smoothness,
  dim: number,
  codecs: readonly Slots[],
  participation?: Pick<Participation, "chance" | "times">,
): Facts {
  const n = codecs.length;
  const { chance, times } = participation ?? { chance: 1, times: 1 };
  const spread = n > 1 ? ((times - 1) * n) / (n - 1) : 0;
  return {
    n,
    dim,
    participation: chance,
    spread,
    L,
    Li,
    mu,
    Lmax: Math.max(...Li),
    Ltilde: Math.sqrt(Li.reduce((sum, l) => sum + l * l, 0) / n),
    omega: (slot) =>
      codecs.flatMap((of) => {
        const codec = of[slot];
        if (!codec) return [];
        if (codec.omega !== undefined) return times * codec.omega + spread;
        throw new UsageError(
          `${codec.spec}: theory's step size needs an unbiased compressor here; give options.gamma as a number`,
        );
      }),
    smooth: (slot) =>
      codecs.flatMap((of, i) => {
        const codec = of[slot];
        if (!codec) return [];
        const { omega } = codec;
        const known = codec.smooth ?? (omega !== undefined && { omega, scriptL: omega * Li[i]!, largest: Li[i]! });
        if (known) {
          return {
            omega: times * known.omega + spread,
            scriptL: times * known.scriptL + spread * known.largest, // |g|^2 <= lambda_max(L) |g|^2 in the norm of L^+
          };
        }
        throw new UsageError(
          `${codec.spec}: theory's step size needs an unbiased compressor here; give options.gamma as a number`,
        );
      }),
    delta: (slot) => codecs.flatMap((of) => (of[slot] ? [of[slot].delta ?? 0] : [])),
    constants: (slot) => codecs.flatMap((of) => (of[slot] ? [of[slot].constants] : [])),
  };
}
