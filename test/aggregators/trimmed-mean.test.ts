import { expect, test } from "vitest";
import { trimmedMean } from "../../src/aggregators/trimmed-mean.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { aggregate, messages } from "./support.ts";

test("is the mean without the floor(trim n) values at either end, in any order of the workers", () => {
  const random = lcg(2);
  for (const trim of [0, 0.1, 0.25, 0.49]) {
    for (const n of [1, 2, 5, 10, 11]) {
      const xs = Array.from({ length: n }, () => inputs.heavy!(20, random));
      const round = messages("wasm", "f64", "identity", xs);
      const got = aggregate(trimmedMean, round, { trim });
      const cut = Math.floor(trim * n);
      for (let i = 0; i < 20; ++i) {
        const kept = xs
          .map((x) => x[i]!)
          .sort((a, b) => a - b)
          .slice(cut, n - cut);
        const wanted = kept.reduce((sum, v) => sum + v, 0) / kept.length;
        expect(Math.abs(got[i]! - wanted)).toBeLessThanOrEqual(1e-12 * Math.max(...kept.map(Math.abs)));
      }
      expect(aggregate(trimmedMean, { ...round, payloads: [...round.payloads].reverse() }, { trim })).toEqual(got);
      expect(aggregate(trimmedMean, messages("reference", "f64", "identity", xs), { trim })).toEqual(got);
    }
  }
});

test("trim must leave something", () => {
  for (const trim of [0.5, -0.1, Number.NaN]) {
    expect(() => aggregate(trimmedMean, messages("wasm", "f32", "identity", [[1]]), { trim })).toThrow(
      `trimmed-mean: trim must be in [0, 1/2), got ${trim}`,
    );
  }
});
