import { expect, test } from "vitest";
import { composed } from "../../src/compressors/composed.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const part = (d: number, ratio: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * ratio)));
testCompressor(composed, { outer: "natural", inner: "top-k:ratio=0.25" }, { samples: 20000 });
testCompressor(
  composed,
  { outer: "stochastic-sign", inner: "rand-k:ratio=0.25" },
  {
    // (1 + omega1)(1 + omega2) = (d/k) k = d: with equality
    ratio: (x) => x.length - 1,
    extreme: flat,
    samples: 20000,
    bytes: (d, size) => 4 + size + Math.ceil(part(d, 0.25) / 8),
  },
);
testCompressor(
  composed,
  { outer: "sign", inner: "top-k:ratio=0.5" },
  {
    deterministic: true,
    ratio: (x) => {
      const k = part(x.length, 0.5);
      const kept = x
        .map(Math.abs)
        .sort()
        .subarray(x.length - k);
      const all = x.reduce((sum, v) => sum + v * v, 0);
      return 1 - kept.reduce((sum, v) => sum + v, 0) ** 2 / k / all;
    },
  },
);
testCompressor(composed, { outer: "random-dithering:s=4", inner: "rand-seq-k:ratio=0.5" }, { samples: 20000 });
testCompressor(
  composed,
  { outer: "identity", inner: "biased-rand-k:ratio=0.5" },
  { bytes: (d, size) => 4 + size * part(d, 0.5), ratio: (x) => 1 - part(x.length, 0.5) / x.length },
);

test("constants follow from the parts", () => {
  const make = (spec: string) => new Bench("wasm", "f64", 20, spec).compressor;
  const { delta, constants } = make("composed:outer=(natural),inner=(top-k:k=5)");
  expect(delta).toBeCloseTo(0.25 * (1 - 1 / 8), 15);
  expect(constants).toMatchObject({ B1: [0.25, 1.125], B2: [0.25, 1.125], eta: Math.sqrt(0.75), variance: 1 / 8 });
  expect(make("composed:outer=(natural),inner=(rand-k:k=5)").omega).toBeCloseTo(4 * 1.125 - 1, 15);
  const signs = make("composed:outer=(sign),inner=(top-k:k=5)");
  expect(signs.delta).toBeCloseTo(1 / 20, 15);
  expect(signs.constants.eta).toBeCloseTo(Math.sqrt(0.95), 15);
  expect(make("composed:outer=(stochastic-sign),inner=(top-k:k=5)").delta).toBeUndefined();
  const qsparse = make("scaled:of=(composed:outer=(stochastic-sign),inner=(top-k:k=5))");
  expect(qsparse.delta).toBeCloseTo(5 / (20 * 5), 15);
  expect(() => make("composed:outer=(natural),inner=(sign)")).toThrow("inner must be a sparsifier with a fixed k");
  expect(() => make("composed:outer=(sign),inner=(rand-k:k=3)")).toThrow("needs an unbiased outer");
  expect(() => make("composed:outer=(sign)")).toThrow("composed: give outer and inner");
});

test("the selection and the values of Top-K with the identity are Top-K's own payload", () => {
  const x = Array.from({ length: 50 }, (_, i) => ((i * 37) % 101) - 50);
  const plain = new Bench("wasm", "f32", 50, "top-k:k=7").encode(x, 1);
  expect(new Bench("wasm", "f32", 50, "composed:outer=(identity),inner=(top-k:k=7)").encode(x, 1)).toEqual(plain);
});
