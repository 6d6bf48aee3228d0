import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLibsvm } from "../../src/data/libsvm.ts";
import * as m from "../../src/data/matrix.ts";

const sparse = parseLibsvm("1 1:3 3:-4\n2 2:0.5\n1\n2 1:-6 2:2 3:8\n");
const dense = m.toDense(sparse);
const withLabels = (...labels: number[]): m.DenseData => ({
  kind: "dense",
  rows: labels.length,
  cols: 1,
  values: new Float64Array(labels.length),
  labels: Float64Array.from(labels),
});

describe("matrix", () => {
  it("converts, measures and selects alike in both forms", () => {
    expect([...dense.values]).toEqual([3, 0, -4, 0, 0.5, 0, 0, 0, 0, -6, 2, 8]);
    for (const data of [sparse, dense]) {
      expect([...m.rowNormsSquared(data)]).toEqual([25, 0.25, 0, 104]);
      expect([...m.columnMaxima(data)]).toEqual([6, 2, 8]);
      expect(m.density(data)).toBe(0.5);
    }
    fc.assert(
      fc.property(fc.array(fc.nat(3)), (rows) => {
        const picked = m.selectRows(dense, rows);
        expect(m.toDense(m.selectRows(sparse, rows))).toEqual(picked);
        expect([...picked.labels]).toEqual(rows.map((r) => dense.labels[r]));
      }),
    );
    expect(() => m.selectRows(sparse, [4])).toThrow("selectRows: a row must be an integer in 0..3, got 4");
  });

  it("scales columns, keeps sparsity, and takes another set's scales", () => {
    const scaled = m.scaleColumns(sparse);
    expect(scaled.kind).toBe("csr");
    expect([...scaled.values]).toEqual([0.5, -0.5, 0.25, -1, 1, 1]);
    expect(m.toDense(scaled)).toEqual(m.scaleColumns(dense));
    expect([...m.scaleColumns(sparse, Float64Array.of(0, 2, 2)).values]).toEqual([3, -2, 0.25, -6, 1, 4]);
    expect(() => m.scaleColumns(sparse, Float64Array.of(1))).toThrow(
      "scaleColumns: one number a column is needed (3), got 1",
    );
    expect([...sparse.values]).toEqual([3, -4, 0.5, -6, 2, 8]);
  });

  it("standardises to mean 0 and deviation 1; constant columns to 0", () => {
    for (const data of [sparse, dense]) {
      const { mean, deviation } = m.columnMoments(m.standardise(data));
      for (let c = 0; c < 3; ++c) {
        expect(mean[c]).toBeCloseTo(0, 14);
        expect(deviation[c]).toBeCloseTo(1, 14);
      }
    }
    const constant: m.DenseData = {
      kind: "dense",
      rows: 3,
      cols: 1,
      values: Float64Array.of(0.1, 0.1, 0.1),
      labels: new Float64Array(3),
    };
    expect([...m.standardise(constant).values]).toEqual([0, 0, 0]);
  });

  it("pools 2x2 blocks", () => {
    const values = Float64Array.from({ length: 32 }, (_, i) => i);
    const images: m.DenseData = { kind: "dense", rows: 2, cols: 16, values, labels: new Float64Array(2) };
    expect([...m.pool2x2(images, 4).values]).toEqual([2.5, 4.5, 10.5, 12.5, 18.5, 20.5, 26.5, 28.5]);
    expect(() => m.pool2x2(images, 5)).toThrow("pool2x2: side must be even with side^2 = 16 (columns), got 5");
  });

  it("refuses a dense form that cannot fit", () => {
    const wide = parseLibsvm("1 2000000000:1\n-1 1:1\n");
    expect(() => m.toDense(wide)).toThrow("toDense: rows x columns must be at most 1073741824, got 2 x 2000000000");
  });
});

describe("matrix: labels", () => {
  it.each([[[0, 1, 0]], [[1, 2, 1]], [[-1, 1, -1]]])("maps %j", (labels) => {
    expect([...m.binaryLabels(withLabels(...labels)).labels]).toEqual([-1, 1, -1]);
  });

  it("takes chosen positives", () => {
    const digits = withLabels(0, 1, 2, 3, 9);
    expect([...m.binaryLabels(digits, 3).labels]).toEqual([-1, -1, -1, 1, -1]);
    expect([...m.binaryLabels(digits, [0, 9]).labels]).toEqual([1, -1, -1, -1, 1]);
    expect([...m.binaryLabels(digits, "odd").labels]).toEqual([-1, 1, -1, 1, 1]);
    expect([...m.binaryLabels(withLabels(1, 2), 1).labels]).toEqual([1, -1]);
  });

  it("names the labels found", () => {
    const two = 'binaryLabels: labels must take exactly two values, or "positive" name those that become +1';
    expect(() => m.binaryLabels(withLabels(2, 0, 1))).toThrow(`${two}, got 3 (0, 1, 2)`);
    expect(() => m.binaryLabels(withLabels(5))).toThrow(`${two}, got 1 (5)`);
    expect(() => m.binaryLabels(withLabels(...Array.from({ length: 20 }, (_, i) => i)))).toThrow("more than 10 (0,1,2");
    expect(() => m.binaryLabels(withLabels(0, 1), 7)).toThrow(
      "positive must match some labels but not all (matched 0 of 2 rows), got 2 (0, 1)",
    );
  });
});
