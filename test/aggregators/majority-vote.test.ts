import { expect, test } from "vitest";
import { majorityVote } from "../../src/aggregators/majority-vote.ts";
import { dtypes, inputs, lcg } from "../kernels/harness.ts";
import { aggregate, messages } from "./support.ts";

const vote = (xs: number[][], i: number): number => (2 * xs.filter((x) => x[i]! < 0).length > xs.length ? -1 : 1);

test("is the sign of the sum of signs, ties +1, for every d and n, alike on both backends", () => {
  const random = lcg(5);
  for (const dtype of dtypes) {
    for (const d of [0, 1, 7, 8, 31, 32, 33, 64, 100]) {
      for (const n of [1, 2, 3, 4, 5, 8, 15, 16, 33]) {
        const xs = Array.from({ length: n }, () => inputs.normal!(d, random));
        const wanted = Array.from({ length: d }, (_, i) => vote(xs, i));
        for (const spec of ["sign", "raw-sign", "one-bit"]) {
          expect(aggregate(majorityVote, messages("wasm", dtype, spec, xs))).toEqual(wanted);
        }
        expect(aggregate(majorityVote, messages("reference", dtype, "sign", xs))).toEqual(wanted);
      }
    }
  }
});

test("a tie is +1, a zero votes +", () => {
  const xs = [
    [1, -1, -1, 0],
    [-1, 1, -1, -0],
  ];
  expect(aggregate(majorityVote, messages("wasm", "f32", "sign", xs))).toEqual([1, 1, -1, 1]);
});

test("stochastic signs are counted as they were drawn", () => {
  const random = lcg(6);
  const round = messages(
    "wasm",
    "f64",
    "stochastic-sign",
    Array.from({ length: 6 }, () => inputs.normal!(50, random)),
  );
  expect(aggregate(majorityVote, round)).toEqual(Array.from({ length: 50 }, (_, i) => vote([...round.decoded], i)));
});

test("asks for sign planes", () => {
  expect(() => aggregate(majorityVote, messages("wasm", "f32", "natural", [[1]]))).toThrow(
    "majority-vote: the compressor must send a sign plane, got natural",
  );
});
