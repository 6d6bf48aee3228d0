import { expect, test } from "vitest";
import { layers } from "../../src/compressors/layers.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const part = (d: number, ratio: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * ratio)));
const thirds = (d: number): [number, number, number] => {
  const third = Math.floor(d / 3);
  return [third, d - 2 * third, third];
};
const sizes = (d: number): string => thirds(d).join("+");

testCompressor(layers, (d) => ({ sizes: sizes(d), of: "random-dithering:s=2" }), { samples: 20000 });
testCompressor(layers, (d) => ({ sizes: sizes(d), specs: "(natural)+(rand-k:ratio=0.5)+(bernoulli:p=0.5)" }), {
  samples: 20000,
});
testCompressor(layers, (d) => ({ sizes: sizes(d), specs: "(sign)+(identity)+(biased-rand-k:ratio=0.5)" }), {
  bytes: (d, size) => {
    const [a, b, c] = thirds(d);
    return size + Math.ceil(a / 8) + size * b + 4 + size * part(c, 0.5);
  },
});
testCompressor(layers, (d) => ({ sizes: String(d), of: "top-k:ratio=0.2" }), { deterministic: true });

test("constants, text and errors", () => {
  const make = (spec: string, dim = 20) => new Bench("wasm", "f64", dim, spec).compressor;
  const mixed = make("layers:sizes=12+8,specs=(rand-k:k=3)+(rand-k:k=1)");
  expect(mixed.omega).toBe(7);
  expect(mixed.spec).toBe("layers:sizes=12+8,specs=(rand-k:k=3)+(rand-k:k=1)");
  expect(make("layers:sizes=15+5,of=(sign)")).toMatchObject({ delta: 1 / 15 });
  expect(make("layers:sizes=12+8,specs=(natural)+(sign)").omega).toBeUndefined();
  expect(make("layers:sizes=20,specs=(sign)").delta).toBe(1 / 20);
  expect(make("layers:sizes=12+8,specs=(layers:sizes=6+6,specs=(sign)+(natural))+(sign)").constants.B1?.[0]).toBe(
    1 / 8,
  );
  expect(() => make("layers:sizes=12+9,of=(sign)")).toThrow("layers: sizes must sum to 20 (d), got 21");
  expect(() => make("layers:sizes=12+8,specs=(sign)")).toThrow(
    "layers: specs must be one for each of the 2 sizes, got 1",
  );
  expect(() => make("layers:sizes=20")).toThrow('layers: give sizes and one of "of" and "specs"');
  expect(() => make("layers:sizes=1-2,of=(sign)")).toThrow("layers: sizes must be integers joined by +");
  expect(() => make("layers:sizes=12+8,specs=(sign)+sign")).toThrow();
});
