/**
 * 3PC: every worker keeps an estimate g_i of its gradient that any three-point map moves (slot `map`).
 *
 *   g_i <- C_{g_i, grad f_i(x')}(grad f_i(x)), x' the point before x;  x <- x - gamma mean g_i      (g_i = 0 at first, x' = x)
 *
 * Members: ef21, lag, clag, 3pcv1 to 3pcv5 and MARINA's map (`thinwire list maps`).
 * Assumptions: E|C_{h,y}(z) - z|^2 <= (1 - A)|h - y|^2 + B|z - y|^2, f_i L_i-smooth, f PL with mu, or merely bounded below.
 * Step size: gamma <= min(1/(L + Ltilde sqrt(2B/A)), A/(2 mu)); not PL: 1/(L + Ltilde sqrt(B/A)). With a psi: estimates.ts.
 * Promise: linear, V = f - f* + (gamma/A) G contracts by 1 - gamma mu, G = mean|g_i - grad f_i|^2; not PL: the mean of
 *   |grad f|^2 over T rounds is at most 2 (f(x^0) - f*)/(gamma T) + G^0/(A T). Outline: estimates.ts with |g - grad f|^2 <= G and
 *   E G+ <= (1 - A) G + B Ltilde^2|x+ - x|^2; what is left of |x+ - x|^2 has a factor <= 0 for such steps.
 * State: g_i and grad f_i(x') at worker i; g at the server: estimates.ts. A reply that is not applied moves neither.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Algorithm 1, Theorems 5.5 and 5.8.
 */
import type { Facts, Method, Part, Resolved } from "../core/contracts.ts";
import { exactStep, GAMMA } from "./common.ts";
import { estimateServer, safeStep } from "./estimates.ts";

export const threePc: Method<Resolved> = {
  name: "3pc",
  summary: "estimates of the workers' gradients moved by any three-point map: EF21, LAG, CLAG, 3PCv1 to v5, MARINA",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Theorems 5.5 and 5.8",
  promise: "linear",
  covers: ["prox"],
  needs: { compressors: { map: "three-point" }, oracle: "gradient" },
  options: {
    gamma: GAMMA,
    regime: '"pl" or "non-convex": which theorem the step is of; default pl where mu > 0',
  },

  resolve(options, facts) {
    const { regime = facts.mu > 0 ? "pl" : "non-convex" } = options;
    if (regime !== "pl" && regime !== "non-convex") {
      throw new RangeError(`3pc: regime must be "pl" or "non-convex", got ${JSON.stringify(regime)}`);
    }
    const pl = regime === "pl";
    if (!pl && facts.prox) throw new RangeError('3pc: with a psi the regime must be "pl"');
    const formula = facts.prox
      ? "1/(2L + Ltilde sqrt(44 B/(9 A)))"
      : pl
        ? "min(1/(L + Ltilde sqrt(2 B/A)), A/(2 mu))"
        : "1/(L + Ltilde sqrt(B/A))";
    return exactStep("3pc", options.gamma, facts, formula, () => {
      const { A, B } = worst(facts);
      const b = B * facts.Ltilde ** 2;
      return pl ? safeStep(facts, A, b) : 1 / (facts.L + Math.sqrt(b / A));
    });
  },

  worker({ ops, dim, oracle, codecs, state, common }) {
    const x = ops.vec(dim); // grad f_i at the model
    const g = state.vec("g");
    const y = state.vec("y"); // grad f_i at the model of the last reply that was applied
    const begun = state.scalar("begun");
    const map = codecs.map!;
    map.bind!(g, y, common);
    let sent: Part;
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.model(), x);
        if (begun.value === 0) ops.copy(x, y);
        sent = up.put(map, x);
      },
      settle(_turn, applied) {
        if (!applied) return;
        sent.addTo(1, g);
        ops.copy(x, y);
        begun.value = 1;
      },
      join(down) {
        ops.copy(down.dense(), g);
        begun.value = 0;
      },
    };
  },

  server: (env, { gamma }) =>
    estimateServer(env, gamma, "3pc", {
      read: (worker, up, scale, acc) => up.addTo(env.codecs[worker]!.map!, scale, acc),
    }),
};

/** The smallest A and the largest B of the workers' maps. */
function worst(facts: Facts): { A: number; B: number } {
  let [A, B] = [1, 0];
  for (const { threePoint } of facts.constants("map")) {
    A = Math.min(A, threePoint![0]);
    B = Math.max(B, threePoint![1]);
  }
  return { A, B };
}
