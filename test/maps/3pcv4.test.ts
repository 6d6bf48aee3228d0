import { expect, test } from "vitest";
import { threePcV4 } from "../../src/maps/3pcv4.ts";
import { MapBench, testMap } from "./conformance.ts";

const S = Math.sqrt(0.75 * 0.5);
testMap(threePcV4, {
  spec: "3pcv4:first=(biased-rand-k:ratio=0.25),of=(biased-rand-k:ratio=0.5)",
  constants: [1 - S, (S * S) / (1 - S)],
  fixed: true,
});

test("3pcv4: it is ef21 with the residual compressor, byte for byte", () => {
  const [own, other] = ["3pcv4:first=(top-k:k=3),of=(sign)", "ef21:of=(residual:first=(top-k:k=3),second=(sign))"].map(
    (spec) => new MapBench("wasm", "f64", 9, spec),
  );
  const point = (scale: number) => Float64Array.from({ length: 9 }, (_, i) => scale * Math.cos(i));
  const triple = { h: point(1), y: point(2), x: point(3) };
  expect(own!.encode(triple, 1)).toEqual(other!.encode(triple, 1));
  expect(own!.A).toBeCloseTo(other!.A, 14);
  expect(own!.B).toBeCloseTo(other!.B, 12);
});
