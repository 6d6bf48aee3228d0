import { describe, expect, test } from "vitest";
import { lipschitzOf, type MapSpec } from "../../src/methods/fixed-point-maps.ts";
import { type FixedPointOptions, fpci } from "../../src/methods/fpci.ts";
import { gdci, type IterateOptions } from "../../src/methods/gdci.ts";
import { build, distance2, type RunSettings, squares } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";
import { fixedPoint, imagesOf, rotation } from "./fixed-points.ts";
import { quadratic, rowsRidge } from "./problems.ts";

const slots = { gradient: "rand-k:k=4" };
testMethod(fpci, { slots, descent: (run) => run.options.gamma * (run.options as FixedPointOptions).eta });

const problem = small();
const maps: Record<string, MapSpec> = {
  gradient: "gradient",
  prox: "prox",
  affine: rotation,
  "prox after a gradient step, drawn to 0": ["gradient", "prox", { name: "affine", A: 0.8, b: new Array(12).fill(0) }],
};

test("fpci: with gdci's gamma and eta it is gdci bit for bit", async () => {
  const other = build({ method: gdci, problem, slots });
  const { gamma, eta } = other.options as IterateOptions;
  const own = build({ method: fpci, problem, slots, options: { gamma, eta } });
  await own.play(60);
  await other.play(60);
  expect(await own.x()).toEqual(await other.x());
});

describe.each(Object.entries(maps))("fpci, %s", (_label, map) => {
  const { options, facts } = build({ method: fpci, problem, slots, options: { map } });
  const { gamma, eta } = options as FixedPointOptions;
  const { q, each } = lipschitzOf("test", map, gamma, facts);
  const images = imagesOf(problem, map, gamma);
  const end = fixedPoint(problem, map, gamma);
  const settings: RunSettings = { method: fpci, problem, slots, options: { map } };

  test("the Lipschitz constants hold", () => {
    let [closest, most] = [0, 0];
    for (let k = 0; k < 60; ++k) {
      const x = Float64Array.from({ length: 12 }, (_, j) => Math.cos(k * j + k));
      const y = Float64Array.from({ length: 12 }, (_, j) => Math.sin(2 * k * j + 1));
      const [Tx, Ty] = [images(x), images(y)];
      const apart = Tx[0]!.map((_, j) => mean(Tx.map((t, i) => t[j]! - Ty[i]![j]!)));
      closest = Math.max(closest, Math.sqrt(squares(apart) / distance2(x, y)));
      for (const [i, t] of Tx.entries()) most = Math.max(most, Math.sqrt(distance2(t, Ty[i]!) / distance2(x, y)));
    }
    expect(q).toBeLessThan(1);
    expect(closest).toBeLessThan(q * (1 + 1e-12));
    expect(most).toBeLessThan(each * (1 + 1e-12));
  });

  test("uncompressed it goes to the fixed point of mean T_i", async () => {
    const run = build({ ...settings, slots: { gradient: "identity" } });
    expect((run.options as FixedPointOptions).eta).toBe(1);
    await run.play(600);
    expect(distance2(await run.x(), end)).toBeLessThan(1e-26 * squares(end));
  });

  test("|x - x*|^2 stays below theory's bound, and near x* too", async () => {
    const a = 1 - q;
    const omega = facts.omega("gradient")[0]!;
    const radius = ((2 * eta * omega) / (6 * a)) * mean(images(end).map(squares));
    for (const start of [new Float64Array(12).fill(9), end]) {
      await averageBelow(
        { ...settings, start },
        60,
        (_run, { x }) => distance2(x, end) + 1e-300, // begun at x* the bound is the radius's part
        (_run, k, first) => (1 - eta * a) ** k * first + (1 - (1 - eta * a) ** k) * radius,
      );
    }
  });
});

test("fpci: linear where all T_i(x*) = 0, with an eta that must be small", async () => {
  const options = { map: { name: "affine", A: 0.7, b: new Array(12).fill(0) } };
  const start = new Float64Array(12).fill(1);
  const settings = { method: fpci, problem: quadratic(1, 12), slots: { gradient: "rand-k:k=1" }, start };
  const run = build({ ...settings, options });
  const { eta } = run.options as FixedPointOptions;
  expect(eta).toBeCloseTo(0.3 / (0.3 ** 2 + 2 * 11 * 0.7 ** 2), 12);
  await run.play(4500);
  expect(squares(await run.x())).toBeLessThan(1e-20 * 12);
});

test("fpci: prox minimises f_i(y) + |y - x|^2/(2s), quadratic or not", () => {
  for (const some of [small(), rowsRidge()]) {
    const x = Float64Array.from({ length: 12 }, (_, j) => 5 * Math.cos(j));
    const run = build({ method: fpci, problem: some, slots });
    const g = run.ops.vec(12);
    for (const [i, y] of imagesOf(some, { name: "prox", step: 0.7 }, 1)(x).entries()) {
      some.oracle(run.ops, i).gradient(run.ops.from(y), g);
      expect(
        distance2(
          x,
          y.map((v, j) => v + 0.7 * g.view[j]!),
        ),
      ).toBeLessThan(1e-24 * squares(x));
    }
  }
});

test("fpci: maps and options have their ranges", () => {
  const at = (options: object) => () => build({ method: fpci, problem, slots, options: { ...options } });
  expect(at({ map: "newton" })).toThrow("fpci: map must be one of gradient, prox, affine, got newton");
  expect(at({ map: { name: "prox", A: 1 } })).toThrow("fpci: map prox takes step, got A");
  expect(at({ map: { name: "prox", step: 0 } })).toThrow("fpci: step of map prox must be positive, got 0");
  expect(at({ map: [] })).toThrow("fpci: map must not be an empty list");
  expect(at({ map: { name: "affine", A: [[1]], b: [] } })).toThrow(
    "fpci: A of map affine must be a number or 12 lists of 12 numbers",
  );
  expect(at({ map: ["gradient", "gradient"] })).toThrow(
    /fpci: theory needs maps with a mean that contracts, got the constant/,
  );
  expect(at({ map: ["gradient", "gradient"], contraction: 0.9 })().options.formula).toMatch(/eta = a\/\(a\^2/);
  expect(() =>
    build({ method: fpci, problem: quadratic(2, 3), slots: { gradient: "identity" }, options: { eta: 2 } }),
  ).toThrow("fpci: eta must be in (0, 1], got 2");
});
