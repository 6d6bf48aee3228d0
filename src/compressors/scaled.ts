/**
 * Scaled: lambda C(x). With lambda = 1/(1 + omega), the default, an unbiased compressor becomes contractive.
 * Class: from C in B2(gamma, beta), that is gamma |x|^2 <= <E C(x), x> and E|C(x)|^2 <= beta <E C(x), x>:
 *   E|lambda C(x) - x|^2 = |x|^2 - 2 lambda <E C(x), x> + lambda^2 E|C(x)|^2 <= (1 - lambda gamma (2 - lambda beta))|x|^2
 *   for lambda <= 2/beta, so B(lambda gamma (2 - lambda beta)); best is lambda = 1/beta: B(gamma/beta). U(omega) has
 *   gamma = 1, beta = 1 + omega. B1(lambda^2 alpha, lambda beta), B2(lambda gamma, lambda beta). lambda = 1 keeps U(omega).
 * Payload: that of C.
 * Cost and scratch: those of C.
 * Throws: RangeError for `by` outside (0, infinity), for a C without omega and B2 when `by` is not given.
 * Source: Beznosikov et al., arXiv 2002.12410, theorems 2 and 3; Horvath et al., arXiv 1905.10988, section 2.
 */
import type { Compressor, CompressorFactory, Constants } from "../core/contracts.ts";
import { formatSpec } from "./spec.ts";

export interface ScaledOptions {
  of?: string;
  by?: number;
}

export const scaled: CompressorFactory<ScaledOptions> = {
  name: "scaled",
  wireId: 33,
  summary: "lambda C(x), by default 1/(1 + omega): makes an unbiased compressor contractive",
  reference: "Beznosikov et al., arXiv 2002.12410, theorems 2 and 3",
  formulas: "default: U(omega) -> B(1/(1 + omega)), B2(gamma, beta) -> B(gamma/beta); else B(by gamma (2 - by beta))",
  options: { of: "spec", by: "number" },
  defaults: {},
  examples: () => ["scaled:of=(rand-k:ratio=0.1)", "scaled:of=(natural)"],
  create(options, env) {
    if (options.of === undefined) throw new RangeError("scaled: give of, the compressor in parentheses");
    const inner = env.create(options.of);
    const by = options.by ?? best(inner);
    if (!(by > 0 && by < Infinity)) throw new RangeError(`scaled: by must be above 0 and finite, got ${by}`);
    return {
      spec: formatSpec(scaled, { of: inner.spec, by }),
      dim: inner.dim,
      ...scaledConstants(inner, by),
      maxBytes: inner.maxBytes,
      ...(inner.fixedBytes ? { fixedBytes: true as const } : {}),
      encode: (x, rng, out) => inner.encode(x, rng, out),
      check: (payload) => inner.check(payload),
      addTo: (payload, scale, acc) => inner.addTo(payload, scale * by, acc),
    };
  },
};

/** The scale of the smallest bound. @throws RangeError */
function best({ spec, omega, constants }: Compressor): number {
  if (omega !== undefined) return 1 / (1 + omega);
  if (constants.B2 !== undefined) return 1 / constants.B2[1];
  throw new RangeError(`scaled: ${spec} has neither omega nor B2 constants, so give by`);
}

function scaledConstants(inner: Compressor, by: number): Pick<Compressor, "omega" | "delta" | "constants"> {
  const { omega, delta, constants } = inner;
  if (by === 1) return { ...(omega !== undefined && { omega }), ...(delta !== undefined && { delta }), constants };
  const { B1, B2, eta, variance, raw, range } = constants;
  const out: Constants = {};
  if (B1) out.B1 = [by ** 2 * B1[0], by * B1[1]];
  if (B2) {
    out.B2 = [by * B2[0], by * B2[1]];
    const kept = by * B2[0] * (2 - by * B2[1]);
    if (kept > 0) {
      out.delta = Math.min(1, kept);
      out.B3 = 1 / out.delta;
    }
  }
  if (eta !== undefined && variance !== undefined) {
    out.eta = by * eta + Math.abs(1 - by);
    out.variance = by ** 2 * variance;
  }
  if (range !== undefined) out.range = range;
  if (raw) out.raw = true;
  return { ...(out.delta !== undefined && { delta: out.delta }), constants: out };
}
