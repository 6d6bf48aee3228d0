import { expect, test } from "vitest";
import { clag } from "../../src/maps/clag.ts";
import { MapBench, testMap } from "./conformance.ts";

const S = Math.sqrt(1 - 0.25);
testMap(clag, {
  spec: "clag:zeta=1,of=(biased-rand-k:ratio=0.25)",
  constants: [1 - S, 0.75 / (1 - S)],
  idle: () => 1,
});
testMap(clag, {
  spec: "clag:zeta=20,of=(biased-rand-k:ratio=0.25)",
  constants: [1 - S, 20],
  attained: 0.8, // C's worst case and the largest zeta do not meet
  idle: () => 1,
});

test("clag: with zeta = 0 it sends what ef21 does, after one byte", () => {
  const [own, other] = ["clag:zeta=0,of=(top-k:k=3)", "ef21:of=(top-k:k=3)"].map(
    (spec) => new MapBench("wasm", "f64", 9, spec),
  );
  const point = (scale: number) => Float64Array.from({ length: 9 }, (_, i) => scale * Math.cos(i));
  const triple = { h: point(1), y: point(2), x: point(3) };
  expect(own!.encode(triple, 1)).toEqual(Uint8Array.of(1, ...other!.encode(triple, 1)));
});
