import { expect, test } from "vitest";
import { threePcV5 } from "../../src/maps/3pcv5.ts";
import { MapBench, testMap } from "./conformance.ts";

const P = Math.sqrt(1 - 0.3);
testMap(threePcV5, {
  spec: "3pcv5:p=0.3,of=(biased-rand-k:ratio=0.25)",
  constants: [1 - P, (0.7 * 0.75) / (1 - P)],
  attained: 0.5, // the bound takes C's worst direction and Young's worst case at once
});

test("3pcv5: p has its range", () => {
  expect(() => new MapBench("wasm", "f64", 5, "3pcv5:p=0,of=(top-k:k=2)")).toThrow(/3pcv5: p must be in \(0, 1\]/);
});
