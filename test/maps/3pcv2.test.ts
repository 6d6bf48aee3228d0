import { expect, test } from "vitest";
import { threePcV2 } from "../../src/maps/3pcv2.ts";
import { MapBench, testMap } from "./conformance.ts";

testMap(threePcV2, {
  spec: "3pcv2:unbiased=(rand-k:ratio=0.2),of=(biased-rand-k:ratio=0.25)",
  constants: [0.25, 0.75 * 4],
  fixed: true,
  equality: true,
});

test("3pcv2: asks for the right classes", () => {
  expect(() => new MapBench("wasm", "f64", 5, "3pcv2:unbiased=(top-k:k=2),of=(top-k:k=2)")).toThrow(
    /3pcv2: needs an unbiased compressor, got top-k:k=2/,
  );
});
