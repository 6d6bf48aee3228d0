import { expect, test } from "vitest";
import { induced } from "../../src/compressors/induced.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const part = (d: number, ratio: number): number => Math.max(1, Math.round(d * ratio));
testCompressor(
  induced,
  { biased: "top-k:ratio=0.25", unbiased: "rand-k:ratio=0.5" },
  {
    composite: true,
    ratio: (x) => {
      const sorted = x.map((v) => v * v).sort();
      const all = sorted.reduce((sum, v) => sum + v, 0);
      const rest = sorted.slice(0, x.length - part(x.length, 0.25)).reduce((sum, v) => sum + v, 0);
      return ((x.length / part(x.length, 0.5) - 1) * rest) / all;
    },
    extreme: flat,
  },
);
testCompressor(
  induced,
  { biased: "sign", unbiased: "induced:biased=(biased-rand-k:ratio=0.5),unbiased=(natural)" },
  {
    composite: true,
    samples: 20000,
    bytes: (d, size) =>
      size + Math.ceil(d / 8) + 4 + size * (d && part(d, 0.5)) + d + Math.ceil(d / (size === 4 ? 8 : 2)),
  },
);
testCompressor(induced, { biased: "bernoulli:p=0.5,scaled=no", unbiased: "random-dithering" }, { composite: true });

test("classes of the parts are asked for", () => {
  const make = (spec: string) => () => new Bench("wasm", "f32", 4, spec);
  expect(make("induced:biased=(zero),unbiased=(natural)")).toThrow("induced: biased must have a delta, got zero");
  expect(make("induced:biased=(sign),unbiased=(sign)")).toThrow("induced: unbiased must have an omega, got sign");
  expect(make("induced:biased=(sign)")).toThrow("induced: give biased and unbiased");
  expect(make("induced:biased=(top-k:k=1),unbiased=(rand-k:k=2)")().compressor.omega).toBeCloseTo(0.75, 15);
});
