import { expect, test } from "vitest";
import { lag } from "../../src/maps/lag.ts";
import { MapBench, testMap } from "./conformance.ts";

testMap(lag, { spec: "lag:zeta=1", constants: [1, 1], idle: () => 1 });

test("lag: one byte up to zeta, everything beyond", () => {
  const bench = new MapBench("wasm", "f64", 4, "lag:zeta=4");
  const at = (h: number, y: number) => ({
    x: new Float64Array(4),
    h: new Float64Array(4).fill(h),
    y: new Float64Array(4).fill(y),
  });
  expect(bench.encode(at(2, 1), 1)).toEqual(Uint8Array.of(0)); // |x - h|^2 = 4 |x - y|^2
  expect(bench.encode(at(2.001, 1), 1).length).toBe(1 + 4 * 8);
  expect(() => new MapBench("wasm", "f64", 4, "lag:zeta=-1")).toThrow(/lag: zeta must be a number >= 0, got -1/);
});
