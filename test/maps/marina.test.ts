import { expect, test } from "vitest";
import { marina } from "../../src/maps/marina.ts";
import { MapBench, testMap } from "./conformance.ts";

testMap(marina, {
  spec: "marina:p=0.3,of=(rand-k:ratio=0.2)",
  constants: [0.3, 0.7 * 4],
  equality: true,
});

test("marina: the coin is the common stream's, the rest the worker's own", () => {
  const bench = new MapBench("wasm", "f64", 40, "marina:p=0.5,of=(rand-k:k=4)");
  const point = (scale: number) => Float64Array.from({ length: 40 }, (_, i) => scale * Math.cos(i));
  const triple = { h: point(1), y: point(2), x: point(3) };
  const flags = new Set<number>();
  for (let seed = 1; seed <= 20; ++seed) {
    bench.common.at(seed, 0);
    const dense = bench.common.coin(0.5) ? 1 : 0;
    expect(bench.encode(triple, seed)[0]).toBe(dense);
    flags.add(dense);
  }
  expect(flags.size).toBe(2);
});
