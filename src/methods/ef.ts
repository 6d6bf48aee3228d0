/**
 * Error feedback, also called EC-GD or EF-GD (error-compensated gradient descent): what compression leaves out is added to
 * the next message.
 *
 *   p_i = e_i + gamma grad f_i(x);  v_i = C_i(p_i);  e_i <- p_i - v_i;  x <- x - mean v_i
 *
 * Invariant: x^k - mean e_i^k = x^0 - gamma sum of the mean gradients.
 * Assumptions: C_i in B(delta_i), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step size: gamma <= min(1/(4L), delta/(8 sqrt(3 L L_max))): with c = 12 L gamma/delta and x~ = x - mean e_i,
 *   |x~ - x*|^2 + c mean|e_i|^2 contracts by 1 - min(gamma mu/2, delta/4) up to 48 L gamma^3 mean|grad f_i(x*)|^2/delta^2.
 * Promise: linear to a neighbourhood of order gamma^2; to x* itself when every grad f_i(x*) = 0.
 * State: e_i at worker i; a message that was not applied leaves e_i as it was.
 * Source: Stich and Karimireddy, arXiv 1909.05350; Beznosikov et al., arXiv 2002.12410; constants by the perturbed-iterate
 *   inequality |x~+ - x*|^2 <= (1 - gamma mu/2)|x~ - x*|^2 - (gamma/2)(f - f*) + 3 L gamma |mean e|^2.
 */
import { compensated } from "./compensated.ts";

export const ef = compensated({
  name: "ef",
  summary: "error feedback (EC-GD): what compression leaves out is added to the next message",
  reference: "Stich and Karimireddy, arXiv 1909.05350; Beznosikov et al., arXiv 2002.12410",
  promise: "neighbourhood",
  way: "gradient",
});
