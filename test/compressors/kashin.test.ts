import { expect, test } from "vitest";
import { kashin } from "../../src/compressors/kashin.ts";
import { lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(kashin, {}, {});
testCompressor(kashin, { s: 1, lambda: 1.1, rounds: 3, seed: 7 }, {});
testCompressor(kashin, { s: 40, lambda: 4, rounds: 1 }, {});

test("the frame comes from the seed", () => {
  const x = Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const payload = (seed: number) => new Bench("wasm", "f64", 50, `kashin:seed=${seed}`).encode(x, 1).join();
  expect(payload(1)).toBe(payload(1));
  expect(payload(1)).not.toBe(payload(2));
});

test("more levels are sent where the coefficients are far from equal", () => {
  const d = 1024;
  // one round is the plain transform: a column of the frame has one large coefficient
  const bench = new Bench("wasm", "f64", d, "kashin:s=1,rounds=1,lambda=1.1");
  const levels = (x: ArrayLike<number>): number => new DataView(bench.encode(x, 1).buffer).getUint16(8, true);
  const random = lcg(4);
  expect(levels(Array.from({ length: d }, () => random() + random() + random() - 1.5))).toBeLessThanOrEqual(2);
  // C(x) of a payload with a single level is the column of that coefficient
  const payload = new Uint8Array(10 + (2048 * 2) / 8);
  new DataView(payload.buffer).setFloat64(0, 1, true);
  payload[8] = 1;
  payload[10 + 128] = 2;
  expect(levels(bench.decode(payload))).toBeGreaterThan(3);
});

test("options out of range", () => {
  const make = (options: string) => () => new Bench("wasm", "f32", 4, `kashin:${options}`);
  expect(make("s=0")).toThrow("kashin: s must be an integer in 1..255, got 0");
  expect(make("lambda=1")).toThrow("kashin: lambda must be in [1.1, 16], got 1");
  expect(make("seed=-1")).toThrow("kashin: seed must be an integer in 0..4294967295, got -1");
});
