import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest, suggestion } from "../../src/core/names.ts";
import * as g from "../../src/data/generators.ts";
import { type Data, density, rowNormsSquared, toDense } from "../../src/data/matrix.ts";
import { split } from "../../src/data/split.ts";
import { testRandom } from "./support.ts";

const mean = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0) / x.length;

describe("make-regression", () => {
  it("has the stated distribution", () => {
    const data = g.makeRegression({ rows: 2000, features: 80 }, testRandom());
    expect(Math.abs(mean(data.values))).toBeLessThan(4 / Math.sqrt(160000));
    expect(Math.abs(mean(data.values.map((v) => v * v)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 160000));
    const used = data.coefficients.filter((w) => w !== 0);
    expect(used.length).toBe(10);
    expect(used.every((w) => w > 0 && w < 100)).toBe(true);
    for (let i = 0; i < 2000; i += 100) {
      let y = 0;
      for (let j = 0; j < 80; ++j) y += data.values[i * 80 + j]! * data.coefficients[j]!;
      expect(data.labels[i]).toBe(y);
    }
  });

  it("puts the coefficients at random places, uniform in 0..100", () => {
    const random = testRandom(7);
    const places = new Float64Array(20);
    const sizes: number[] = [];
    for (let t = 0; t < 2000; ++t)
      g.makeRegression({ rows: 1, features: 20, informative: 5 }, random).coefficients.forEach((w, j) => {
        if (w === 0) return;
        places[j] = places[j]! + 1;
        sizes.push(w);
      });
    for (const hits of places) expect(Math.abs(hits - 500)).toBeLessThan(5 * Math.sqrt(375));
    expect(Math.abs(mean(sizes) - 50)).toBeLessThan((5 * 28.9) / 100);
  });

  it("adds noise of the stated deviation, caps informative, repeats by seed", () => {
    const options = { rows: 4000, features: 3, noise: 2 };
    const data = g.makeRegression(options, testRandom(3));
    const rest = data.labels.map(
      (y, i) => y - [0, 1, 2].reduce((s, j) => s + data.values[3 * i + j]! * data.coefficients[j]!, 0),
    );
    expect(Math.abs(mean(rest.map((r) => r * r)) - 4)).toBeLessThan(5 * 4 * Math.sqrt(2 / 4000));
    expect(data.coefficients.every((w) => w !== 0)).toBe(true);
    expect(g.makeRegression(options, testRandom(3))).toEqual(data);
  });

  it("names wrong arguments", () => {
    const make = (o: Partial<g.RegressionOptions>) => () =>
      g.makeRegression({ rows: 5, features: 5, ...o }, testRandom());
    expect(make({ rows: 0 })).toThrow("make-regression: rows must be an integer in 1..2147483646, got 0");
    expect(make({ features: 1.5 })).toThrow(RangeError);
    expect(make({ rows: 2 ** 30, features: 2 })).toThrow("make-regression: features must be an integer in 1..1, got 2");
    expect(make({ noise: -1 })).toThrow("noise must be a number in");
    expect(make({ noise: Number.NaN })).toThrow(RangeError);
  });
});

describe("make-classification", () => {
  /** Difference of class means, whose length is twice the separation. */
  const gap = (data: Data) => {
    const { values, cols, rows, labels } = toDense(data);
    return Array.from({ length: cols }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < rows; ++i) sum += labels[i]! * values[i * cols + j]!;
      return (2 * sum) / rows;
    });
  };

  it("separates the classes as stated, flips as stated", () => {
    const clean = g.makeClassification({ rows: 20000, features: 5, separation: 3 }, testRandom());
    expect(Math.abs(mean(clean.labels))).toBeLessThan(4 / Math.sqrt(20000));
    expect(Math.hypot(...gap(clean))).toBeCloseTo(6, 0);
    const flipped = g.makeClassification({ rows: 20000, features: 5, separation: 3, flip: 0.25 }, testRandom());
    expect(Math.hypot(...gap(flipped))).toBeCloseTo(3, 0);
  });

  it("makes sparse rows", () => {
    const data = g.makeClassification({ rows: 3000, features: 40, density: 0.1, separation: 4 }, testRandom());
    if (data.kind !== "csr") throw new Error("expected csr");
    expect(density(data)).toBeCloseTo(0.1, 12);
    const hits = new Float64Array(40);
    for (let i = 0; i < data.rows; ++i)
      for (let j = data.rowStart[i]!; j < data.rowStart[i + 1]!; ++j) {
        if (j > data.rowStart[i]!) expect(data.columns[j]).toBeGreaterThan(data.columns[j - 1]!);
        hits[data.columns[j]!] = hits[data.columns[j]!]! + 1;
      }
    for (const h of hits) expect(Math.abs(h - 300)).toBeLessThan(5 * Math.sqrt(270));
    expect(mean(rowNormsSquared(data))).toBeCloseTo(4 + (16 * 4) / 40, 0);
  });
});

describe("quadratics", () => {
  it.each([true, false])("have the prescribed spectra (rotate: %s)", (rotate) => {
    const L = [10, 3, 1];
    for (const [i, q] of g.makeQuadratics({ workers: 3, dim: 12, mu: 0.5, L, rotate }, testRandom()).entries()) {
      const matrix = rotate ? q.matrix : new Float64Array(144);
      if (!rotate) for (const [j, value] of q.matrix.entries()) matrix[13 * j] = value;
      expect(matrix.length).toBe(144);
      expect([q.spectrum[0], q.spectrum[11]]).toEqual([0.5, L[i]]);
      const times = (x: Float64Array) => x.map((_, r) => x.reduce((s, v, c) => s + matrix[r * 12 + c]! * v, 0));
      expect(times(q.minimiser)).toEqual(q.linear);
      const at = matrix.reduce((s, a, k) => s + a * q.minimiser[Math.floor(k / 12)]! * q.minimiser[k % 12]!, 0) / 2;
      expect(at).toBeCloseTo(q.constant, 9);
      // sum of the eigenvalues, sum of their squares, and (by power iteration) the largest
      expect(Array.from({ length: 12 }, (_, r) => matrix[r * 13]!).reduce((a, b) => a + b)).toBeCloseTo(
        q.spectrum.reduce((a, b) => a + b),
        10,
      );
      expect(matrix.reduce((s, a) => s + a * a, 0)).toBeCloseTo(
        q.spectrum.reduce((s, a) => s + a * a, 0),
        9,
      );
      let x: Float64Array = Float64Array.from({ length: 12 }, (_, r) => 1 + r / 7);
      for (let t = 0; t < 4000; ++t) {
        const y = times(x);
        const norm = Math.hypot(...y);
        x = y.map((v) => v / norm);
      }
      expect(Math.hypot(...times(x))).toBeCloseTo(L[i]!, 6);
      for (let r = 0; r < 12; ++r) for (let c = 0; c < r; ++c) expect(matrix[r * 12 + c]).toBe(matrix[c * 12 + r]);
    }
  });

  it("share the minimiser without heterogeneity; dim 1 has L", () => {
    const [a, b] = g.makeQuadratics({ workers: 2, dim: 4, mu: 1, L: 2, heterogeneity: 0 }, testRandom());
    expect(a!.minimiser).toEqual(b!.minimiser);
    expect([...g.makeQuadratics({ workers: 1, dim: 1, mu: 1, L: 2 }, testRandom())[0]!.spectrum]).toEqual([2]);
    expect(() => g.makeQuadratics({ workers: 2, dim: 4, mu: 1, L: [2] }, testRandom())).toThrow(
      "L must be a number or 2 of them (workers), got 1",
    );
    expect(() => g.makeQuadratics({ workers: 1, dim: 4, mu: 1, L: 0.5 }, testRandom())).toThrow(
      "L must be finite and at least 1 (mu), got 0.5",
    );
  });
});

describe("split", () => {
  const data = (labels: number[]): Data => ({
    kind: "dense",
    rows: labels.length,
    cols: 0,
    values: new Float64Array(0),
    labels: Float64Array.from(labels),
  });

  it("gives every row to one worker, sizes within one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.constantFrom("even", "sorted", "contiguous"),
        (labels, w, how) => {
          const workers = 1 + (w % labels.length);
          const parts = split(data(labels), workers, how, testRandom(w));
          expect(parts.flatMap((p) => [...p]).sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
          const sizes = parts.map((p) => p.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it("orders rows as told", () => {
    const six = data([1, -1, 1, -1, 1, -1]);
    expect(split(six, 2, "sorted", testRandom()).map((p) => [...p])).toEqual([
      [1, 3, 5],
      [0, 2, 4],
    ]);
    expect(split(six, 4, "contiguous", testRandom()).map((p) => [...p])).toEqual([[0, 1], [2, 3], [4], [5]]);
    expect(split(six, 3, [1, 3, 2], testRandom()).map((p) => p.length)).toEqual([1, 3, 2]);
    const first = new Float64Array(6);
    const random = testRandom(5);
    for (let t = 0; t < 6000; ++t) {
      const r = split(six, 6, "even", random)[0]![0]!;
      first[r] = first[r]! + 1;
    }
    for (const hits of first) expect(Math.abs(hits - 1000)).toBeLessThan(5 * Math.sqrt(6000 * (5 / 36)));
  });

  it("names what is wrong", () => {
    const six = data([1, 2, 3, 4, 5, 6]);
    const run = (workers: number, how: Parameters<typeof split>[2]) => () => split(six, workers, how, testRandom());
    expect(run(7, "even")).toThrow("split: workers must be at most 6 (rows), got 7");
    expect(run(0, "even")).toThrow("split: workers must be an integer from 1 up, got 0");
    expect(run(2, [3, 4])).toThrow("split: sizes must sum to 6 (rows), got 7");
    expect(run(2, [6, 0])).toThrow("split: sizes must be integers from 1 up, got 0");
    expect(run(3, [3, 3])).toThrow("split: sizes must be 3 numbers (workers), got 2");
    expect(run(2, "evn" as "even")).toThrow('got "evn"');
  });
});

describe("nearest", () => {
  const known = ["features", "rows", "noise", "maxRows", "generator", "libsvm"];
  it.each([
    ["featuers", ["features"]],
    ["feat", ["features"]],
    ["row", ["rows"]],
    ["MAXROWS", ["maxRows"]],
    ["libsmv", ["libsvm"]],
    ["zzz", []],
    ["", []],
    ["x".repeat(100_000), []],
  ])("of %s", (name, expected) => expect(nearest(name, known)).toEqual(expected));

  it("becomes a suggestion", () => {
    expect(suggestion("nose", known)).toBe('did you mean "noise"?');
    expect(suggestion("q", ["aa", "bb"])).toBe("known: aa, bb");
  });
});
