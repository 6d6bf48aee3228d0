import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { marina } from "../../src/methods/marina.ts";
import { type VrMarinaOptions, vrMarina } from "../../src/methods/vr-marina.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { small, testMarina, testMethod } from "./marina.ts";
import { rowsRidge } from "./problems.ts";

const method = vrMarina as Method;
const slots = { gradient: "rand-k:k=4" };
testMethod(method, {
  slots,
  settings: { options: { b: 2 } },
  linear: { "rand-k, batches of 2": { slots, rounds: 2000 } },
});
testMarina(method, rowsRidge(), slots);
testMarina(method, rowsRidge(), { gradient: "rand-k:k=6" }, { b: 4 });

test("vr-marina: with whole batches it is marina", async () => {
  const base = { problem: rowsRidge(), slots, start: new Float64Array(12).fill(3) };
  const own = build({ ...base, method, options: { b: 10, p: 0.25 } });
  const other = build({ ...base, method: marina as Method, options: { p: 0.25 } });
  expect(own.options.gamma / other.options.gamma).toBeCloseTo(1, 13);
  for (let block = 0; block < 5; ++block) {
    await Promise.all([own.play(10), other.play(10)]);
    const [a, b] = [await own.x(), await other.x()];
    expect(distance2(a, b)).toBeLessThan(1e-20); // sums over rows in another order
  }
});

test("vr-marina: with whole batches and without compression it is gradient descent", async () => {
  const base = { problem: rowsRidge(), start: new Float64Array(12).fill(3), options: { gamma: 0.05 } };
  const own = build({ ...base, method, slots: { gradient: "identity" }, options: { gamma: 0.05, b: 10, p: 0.3 } });
  const other = build({ ...base, method: dgd as Method });
  for (let round = 0; round < 40; ++round) {
    await Promise.all([own.play(1), other.play(1)]);
    const wanted = await other.x();
    expect(Math.sqrt(distance2(await own.x(), wanted) / squares(wanted))).toBeLessThan(1e-13);
  }
});

test("vr-marina: rows, ranges, defaults", () => {
  expect(() => build({ method, problem: small(), slots })).toThrow(/vr-marina: needs a problem made of rows/);
  const base = { method, problem: rowsRidge(), slots };
  expect(() => build({ ...base, options: { b: 11 } })).toThrow(/vr-marina: b must be an integer in 1..10 .*, got 11/);
  expect((build(base).options as VrMarinaOptions).p).toBeCloseTo(1 / 11, 14);
  expect((build({ ...base, options: { b: 10 } }).options as VrMarinaOptions).p).toBeCloseTo(1 / 3, 14);
});
