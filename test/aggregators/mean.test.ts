import { expect, test } from "vitest";
import { mean } from "../../src/aggregators/mean.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { aggregate, messages } from "./support.ts";

test("is the mean of what the messages decode to, alike on both backends", () => {
  const random = lcg(1);
  for (const spec of ["identity", "top-k:k=3", "natural", "sign"]) {
    for (const n of [1, 2, 7]) {
      const xs = Array.from({ length: n }, () => inputs.normal!(37, random));
      const round = messages("wasm", "f64", spec, xs);
      const got = aggregate(mean, round);
      for (let i = 0; i < 37; ++i) {
        const sum = round.decoded.reduce((total, c) => total + c[i]!, 0);
        expect(got[i]).toBeCloseTo(sum / n, 14);
      }
      expect(aggregate(mean, messages("reference", "f64", spec, xs))).toEqual(got);
    }
  }
});

test("refuses rounds of nothing, messages above n, and damaged ones, which change nothing", () => {
  const { ops, compressor, payloads, out } = messages("wasm", "f32", "identity", [[1, 2]]);
  const aggregator = mean.create({}, { ops, dim: 2, workers: 1 });
  aggregator.begin();
  expect(() => aggregator.result(out)).toThrow("mean: a result needs at least one message, got 0");
  const short = ops.bytes(8);
  expect(() => aggregator.add(compressor, short.at(short.ptr, 7))).toThrow("identity: payload must have 8 bytes");
  expect(aggregator.count).toBe(0);
  aggregator.add(compressor, payloads[0]!);
  expect(() => aggregator.add(compressor, payloads[0]!)).toThrow("mean: at most 1 messages a round");
  aggregator.result(out);
  expect([...out.view]).toEqual([1, 2]);
});
