import { expect, test } from "vitest";
import { topLek } from "../../src/compressors/top-lek.ts";
import { lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const kept = (d: number): number => Math.max(1, Math.round(d * 0.25));
testCompressor(topLek, { ratio: 0.25 }, { ratio: (x) => 1 - kept(x.length) / x.length, gain: () => 1 });
testCompressor(topLek, { ratio: 1 }, { deterministic: true, ratio: () => 0, gain: () => 1 });

const squares = (x: ArrayLike<number>): number => Array.from(x, (v) => v * v).reduce((sum, v) => sum + v, 0);

test("the two outcomes mix to the error (1 - k/d) |x|^2 without slack", () => {
  const random = lcg(4);
  const d = 50;
  const bench = new Bench("wasm", "f64", d, "top-lek:k=20");
  for (let trial = 0; trial < 20; ++trial) {
    const x = Array.from({ length: d }, () => (random() - 0.5) ** 3);
    const outcomes = new Map<number, number>(); // error by number of entries
    for (let seed = 0; seed < 200; ++seed) {
      const c = bench.decode(bench.encode(x, seed));
      const error = squares(c.map((v, i) => v - x[i]!));
      outcomes.set(c.filter((v) => v !== 0).length, error / squares(x));
    }
    const counts = [...outcomes.keys()].sort((a, b) => a - b);
    // consecutive counts whose errors enclose the target: the bracket that makes the equality possible
    expect(counts.length).toBeLessThanOrEqual(2);
    expect(counts.at(-1)! - counts[0]!).toBe(counts.length - 1);
    expect(counts.at(-1)!).toBeLessThanOrEqual(20);
    expect(outcomes.get(counts.at(-1)!)!).toBeLessThanOrEqual(0.6 + 1e-12);
    if (counts.length === 2) expect(outcomes.get(counts[0]!)!).toBeGreaterThanOrEqual(0.6 - 1e-12);
  }
});

test("one large entry is sent alone, and with the probability that makes the mean exact", () => {
  // T = (4/8) 9 < 9: j = 0, p = 1/2
  const bench = new Bench("wasm", "f64", 8, "top-lek:k=4");
  const sent = Array.from({ length: 4000 }, (_, seed) => bench.encode([0, 0, 0, -3, 0, 0, 0, 0], seed).length > 2);
  expect(Math.abs(sent.filter(Boolean).length / 4000 - 0.5)).toBeLessThan(0.05);
});

test("ties: exactly the lower indices, never more than k", () => {
  const bench = new Bench("wasm", "f32", 6, "top-lek:k=3");
  for (let seed = 0; seed < 20; ++seed) {
    expect([...bench.decode(bench.encode([-1, 1, 1, -1, 1, 1], seed))]).toEqual([-1, 1, 1, 0, 0, 0]);
  }
  // T = 9/2: the largest covers 4, it and one more 5, so the one that ties is sent with probability 1/2
  const seen = new Set(
    Array.from({ length: 60 }, (_, seed) => bench.decode(bench.encode([1, 1, 1, 2, 1, 1], seed)).join()),
  );
  expect([...seen].sort()).toEqual(["0,0,0,2,0,0", "1,0,0,2,0,0"]);
});

test("damaged counts: more than k entries are refused", () => {
  const wide = new Bench("wasm", "f32", 6, "top-lek:k=6");
  const message = wide.encode([1, 2, 3, 4, 5, 6], 1);
  expect(() => new Bench("wasm", "f32", 6, "top-lek:k=5").check(message)).toThrow("top-lek: at most 5 entries, got 6");
});
