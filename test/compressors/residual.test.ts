import { expect, test } from "vitest";
import { residual } from "../../src/compressors/residual.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const part = (d: number, ratio: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * ratio)));
testCompressor(
  residual,
  { first: "top-k:ratio=0.25", second: "sign" },
  {
    deterministic: true,
    composite: true,
    ratio: (x) => {
      const k = part(x.length, 0.25);
      const rest = x
        .map(Math.abs)
        .sort()
        .fill(0, x.length - k);
      const all = x.reduce((sum, v) => sum + v * v, 0);
      const one = rest.reduce((sum, v) => sum + v, 0);
      return (rest.reduce((sum, v) => sum + v * v, 0) - one ** 2 / x.length) / all;
    },
  },
);
testCompressor(
  residual,
  { first: "biased-rand-k:ratio=0.5", second: "biased-rand-k:ratio=0.25" },
  {
    composite: true,
    bytes: (d, size) => 8 + size * (part(d, 0.5) + part(d, 0.25)),
    ratio: (x) => (1 - part(x.length, 0.5) / x.length) * (1 - part(x.length, 0.25) / x.length),
  },
);
testCompressor(
  residual,
  { first: "scaled:of=(natural)", second: "residual:first=(sign),second=(top-k:ratio=0.1)" },
  { composite: true, samples: 20000 },
);

test("constants follow from the parts", () => {
  const make = (spec: string) => new Bench("wasm", "f64", 20, spec).compressor;
  const { delta, constants } = make("residual:first=(top-k:k=5),second=(top-k:k=10)");
  expect(delta).toBeCloseTo(1 - 0.75 * 0.5, 15);
  expect(constants).toMatchObject({ variance: 0 });
  expect(constants.eta).toBeCloseTo(Math.sqrt(0.75 * 0.5), 15);
  expect(() => make("residual:first=(sign),second=(natural)")).toThrow("residual: both must have a delta");
  expect(() => make("residual:first=(sign)")).toThrow("residual: give first and second");
});
