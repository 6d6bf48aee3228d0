import { expect, test } from "vitest";
import { bernoulli } from "../../src/compressors/bernoulli.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

testCompressor(bernoulli, { p: 0.3 }, { ratio: () => 1 / 0.3 - 1, extreme: flat, gain: () => 1 / 0.3 });
testCompressor(bernoulli, { p: 0.25, scaled: "no" }, { ratio: () => 0.75, extreme: flat, gain: () => 1 });

test("p = 1 is the identity, bit for bit; p outside (0, 1] is refused", () => {
  const bench = new Bench("wasm", "f32", 3, "bernoulli:p=1");
  expect([...bench.decode(bench.encode([1, -3e-45, 0.1], 1))]).toEqual([1, Math.fround(-3e-45), Math.fround(0.1)]);
  for (const p of ["0", "-1", "1.5"]) {
    expect(() => new Bench("wasm", "f32", 3, `bernoulli:p=${p}`)).toThrow(`bernoulli: p must be in (0, 1], got ${p}`);
  }
  expect(() => new Bench("wasm", "f32", 3, "bernoulli")).toThrow("got undefined");
});
