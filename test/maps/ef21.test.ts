import { expect, test } from "vitest";
import { ef21 } from "../../src/maps/ef21.ts";
import { MapBench, testMap } from "./conformance.ts";

const S = Math.sqrt(1 - 0.25);
testMap(ef21, {
  spec: "ef21:of=(biased-rand-k:ratio=0.25)",
  constants: [1 - S, 0.75 / (1 - S)],
  fixed: true,
});

test("ef21: a lossless compressor has A = 1 and B = 0, an unbiased one has to be scaled", () => {
  const bench = new MapBench("wasm", "f64", 5, "ef21:of=(identity)");
  expect([bench.A, bench.B]).toEqual([1, 0]);
  expect(() => new MapBench("wasm", "f64", 5, "ef21:of=(rand-k:k=2)")).toThrow(
    /ef21: needs a contractive compressor with a delta .*, got rand-k:k=2/,
  );
});
