/**
 * Steps with a compressed broadcast: workers have w, which follows x by contractive corrections (EF21-P).
 *
 *   w <- w + C(x - w);  x <- x - gamma g,  E g = grad f(w)
 *
 * Assumptions: C in B(delta); f L-smooth, mu-strongly convex (or convex); D(y) = f(y) - f*, e = w - x, and a method with
 *   E|g - grad f(w)|^2 <= 2 A D(w) + B s^2 + D1,  E s+^2 <= (1 - rho) s^2 + 2 Q D(w),  T = A + M Q, M B^-1 >= 2/rho.
 * Step size: gamma <= min(delta/(12 L), 1/(8 T)); delta/(8 L) where T = 0. For DIANA 1/(48 omega L_max/n).
 * Promise: with c = 12 gamma L/delta <= 3/2, V = |x - x*|^2 + c|e|^2 + (1 + c) M gamma^2 s^2:
 *   E V^k <= (1 - min(gamma mu/2, delta/4, rho/2))^k V^0, up to 2(1 + c) gamma^2 D1/min(...) where D1 is not 0.
 * Outline: <grad f(w), x - x*> >= D(x) + (mu/2)|w - x*|^2 - (L/2)|e|^2 and D(w) <= 2 D(x) + L|e|^2, so
 *   E|x+ - x*|^2 <= (1 - gamma mu/2)|x - x*|^2 - gamma D(w) + 3 gamma L|e|^2 + gamma^2 E|g|^2;
 *   E|e+|^2 <= (1 - delta/2)|e|^2 + (2/delta) gamma^2 |grad f(w)|^2 + gamma^2 E|g - grad f(w)|^2, |grad f(w)|^2 <= 2 L D(w);
 *   c delta/2 = 6 gamma L pays for 3 gamma L and leaves delta/4, and -gamma D(w) for the rest while
 *   2 gamma (L + T) + 48 (gamma L/delta)^2 + 24 gamma^2 L T/delta <= 1.
 * With estimated gradients L is the estimates' (Facts), which only adds to the left side.
 * No proximal step: x+ - x is then not bounded by D(w), and the run refuses both together.
 * Source: Gruntkowska, Tyurin and Richtarik, arXiv 2209.15218; the constants are derived here.
 */
import type { Facts, Resolved } from "../core/contracts.ts";
import { smallestDelta, stepSize } from "./common.ts";

/** T, and how the report writes it; "" for 0. */
interface Noise {
  readonly text: string;
  value(): number;
}

/** The step with theory `formula` and `theory` where the broadcast is whole, the above where it is compressed. */
export function downlinkStep(
  method: string,
  option: unknown,
  facts: Facts,
  formula: string,
  theory: () => number,
  noise: Noise = { text: "", value: () => 0 },
): Resolved {
  if (facts.delta("model").every((delta) => delta === 1)) return stepSize(method, option, formula, theory);
  const { text } = noise;
  const compressed = text === "" ? "delta/(8 L)" : `min(delta/(12 L), 1/(8 T)), T = ${text}`;
  return stepSize(method, option, compressed, () => {
    const delta = smallestDelta(method, facts, "model");
    return text === "" ? delta / (8 * facts.L) : Math.min(delta / (12 * facts.L), 1 / (8 * noise.value()));
  });
}
