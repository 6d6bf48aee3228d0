/**
 * psi(x) = 0 where low <= x_j <= high for all j, else infinity; its proximal operator is the projection.
 *
 *   prox_{gamma psi}(x)_j = min(max(x_j, low), high)
 *
 * Source: Parikh and Boyd, Proximal Algorithms (2014), section 6.2.4.
 */
import { type ProxFactory, separable } from "./common.ts";

export const box: ProxFactory = {
  name: "box",
  summary: "low <= x_j <= high for all j",
  reference: "Parikh and Boyd, Proximal Algorithms, section 6.2.4",
  options: { low: "lower bound; default none", high: "upper bound, > low; default none" },
  create(options) {
    const bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    for (const key of ["low", "high"] as const) {
      const value = options[key] ?? bounds[key];
      if (typeof value !== "number" || Number.isNaN(value)) {
        throw new RangeError(`box: ${key} must be a number, got ${JSON.stringify(value)}`);
      }
      bounds[key] = value;
    }
    const { low, high } = bounds;
    if (!(low < high)) throw new RangeError(`box: low must be less than high, got ${low} and ${high}`);
    const text = Object.entries(bounds).filter(([, value]) => Number.isFinite(value));
    const spec = ["box", text.map(([key, value]) => `${key}=${value}`).join(",")].filter(Boolean).join(":");
    return separable(spec, {
      apply: (_gamma, v) => (v < low ? low : v > high ? high : v),
      slope: (_gamma, v) => (v < low || v > high ? 0 : 1),
      value: (v) => (v < low || v > high ? Number.POSITIVE_INFINITY : 0),
    });
  },
};
