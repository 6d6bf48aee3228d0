import { expect, test } from "vitest";
import { rankR } from "../../src/compressors/rank-r.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { orthonormal, shapeOf, spectrum, total } from "./spectrum.ts";

const elements = (rank: number) => (d: number, size: number) => {
  const [m, n] = shapeOf(d);
  return d === 0 ? 0 : size * Math.min(rank, m) * (m + n + 1);
};
for (const rank of [1, 3]) {
  testCompressor(
    rankR,
    { rank },
    {
      deterministic: true,
      bytes: elements(rank),
      ratio: (x) => {
        const squares = spectrum(x);
        return total(squares.slice(rank)) / total(squares);
      },
      extreme: orthonormal,
    },
  );
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
};

test("both orientations; the spec names rows and the reduced rank", () => {
  const random = lcg(2);
  for (const rows of [3, 8]) {
    const bench = new Bench("wasm", "f64", 24, `rank-r:rows=${rows},rank=9`);
    expect(bench.compressor.spec).toBe(`rank-r:rows=${rows},rank=3`);
    expect(bench.compressor.delta).toBe(1);
    const x = inputs.normal!(24, random);
    expect(distance(bench.decode(bench.encode(x, 1)), x)).toBeLessThan(1e-14);
  }
});

test("a matrix of rank 2 comes back whole, at any scale of f64", () => {
  const random = lcg(4);
  const bench = new Bench("wasm", "f64", 600, "rank-r:rows=20,rank=2");
  const u = inputs.normal!(40, random);
  const v = inputs.normal!(60, random);
  for (const scale of [1, 1e-290, 1e290]) {
    const x = Array.from({ length: 600 }, (_, at) => {
      const [i, j] = [Math.floor(at / 30), at % 30];
      return (u[i]! * v[j]! + 1e-3 * u[20 + i]! * v[30 + j]!) * scale;
    });
    expect(
      distance(
        Array.from(bench.decode(bench.encode(x, 1)), (t) => t / scale),
        x.map((t) => t / scale),
      ),
    ).toBeLessThan(1e-13);
  }
});

test("refuses shapes, ranks, weights and vectors that no encoder has", () => {
  const make = (spec: string) => () => new Bench("wasm", "f32", 12, spec);
  expect(make("rank-r:rows=5")).toThrow("rank-r: rows must divide d = 12, got 5");
  expect(make("rank-r:rank=0")).toThrow("rank-r: rank must be an integer from 1 up, got 0");
  const bench = new Bench("wasm", "f32", 12, "rank-r:rank=1");
  const payload = bench.encode(inputs.normal!(12, lcg(1)), 1);
  const set = (at: number, value: number) => {
    const copy = payload.slice();
    new DataView(copy.buffer).setFloat32(4 * at, value, true);
    return bench.verdict(copy, new Float64Array(12));
  };
  expect([set(0, -1), set(0, -0), set(0, 0), set(1, 1.1), set(7, -2), set(3, Number.NaN)]).toEqual(
    Array.from({ length: 6 }, () => "value"),
  );
});
