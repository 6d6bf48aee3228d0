import { expect, test } from "vitest";
import { threePcV3 } from "../../src/maps/3pcv3.ts";
import { MapBench, testMap } from "./conformance.ts";

const S = Math.sqrt(1 - 0.25);
testMap(threePcV3, {
  spec: "3pcv3:map=(ef21:of=(biased-rand-k:ratio=0.25)),of=(biased-rand-k:ratio=0.5)",
  constants: [1 - 0.5 * S, (0.5 * 0.75) / (1 - S)],
  fixed: true,
});
testMap(threePcV3, {
  spec: "3pcv3:map=(lag:zeta=3),of=(biased-rand-k:ratio=0.5)",
  constants: [1, 1.5],
});

test("3pcv3: the nested map is written out and must exist", () => {
  const bench = new MapBench("wasm", "f64", 20, "3pcv3:of=(top-k:ratio=0.1),map=(clag:of=(top-k:k=1),zeta=2)");
  expect(bench.bench.compressor.spec).toBe("3pcv3:map=(clag:zeta=2,of=(top-k:k=1)),of=(top-k:k=2)");
  expect(() => new MapBench("wasm", "f64", 20, "3pcv3:map=(top-k:k=1),of=(top-k:k=2)")).toThrow(
    /map: unknown name "top-k"/,
  );
});
