import { expect, test } from "vitest";
import { crossPolytope } from "../../src/compressors/cross-polytope.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const bytes =
  (repeat: number) =>
  (d: number, size: number): number =>
    size + Math.ceil((repeat * (1 + Math.ceil(Math.log2(Math.max(1, d))))) / 8);

testCompressor(crossPolytope, {}, { bytes: bytes(1), ratio: (x) => x.length - 1, extreme: flat, samples: 20000 });
testCompressor(
  crossPolytope,
  { repeat: 7 },
  { bytes: bytes(7), composite: true, ratio: (x) => (x.length - 1) / 7, extreme: flat, samples: 20000 },
);

test("flat vectors only ever give vertices of their own signs", () => {
  const bench = new Bench("wasm", "f64", 16, "cross-polytope");
  const x = Array.from({ length: 16 }, (_, i) => (i % 3 ? -1 : 1));
  for (let seed = 0; seed < 100; ++seed) {
    const c = bench.decode(bench.encode(x, seed));
    const at = c.findIndex((v) => v !== 0);
    expect(c[at]).toBe(16 * x[at]!);
  }
});

test("repeat, and indices past the end", () => {
  const make = (repeat: number) => () => new Bench("wasm", "f32", 5, `cross-polytope:repeat=${repeat}`);
  expect(make(0)).toThrow("cross-polytope: repeat must be an integer in 1..1048576, got 0");
  expect(() => make(1)().check(Uint8Array.of(0, 0, 128, 63, 10))).toThrow(
    "cross-polytope: index must be below 5 (d), got 5",
  );
});
