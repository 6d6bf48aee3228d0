import { expect, test } from "vitest";
import { cast } from "../../src/compressors/cast.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const units = { bf16: 2 ** -8, fp16: 2 ** -11 } as const;
const spread =
  (value: number) =>
  (d: number): number[] =>
    Array.from({ length: d }, (_, i) => (i % 2 ? -value : value) * 2 ** (i % 9));

for (const to of ["bf16", "fp16"] as const) {
  const u = units[to];
  const bytes = (d: number): number => 2 * d;
  const more = to === "fp16" ? { homogeneous: false as const } : {}; // subnormals and the top of the range
  testCompressor(cast, { to }, { deterministic: true, bytes, extreme: spread(1 + u), jump: u, ...more });
  testCompressor(
    cast,
    { to, rounding: "stochastic" },
    {
      bytes,
      ratio: (x) => {
        let off = 0;
        let squares = 0;
        for (const v of x) {
          const e = Math.max(Math.floor(Math.log2(Math.abs(v))), to === "fp16" ? -14 : -126);
          const y = v === 0 ? 0 : (Math.abs(v) / 2 ** e / (2 * u)) % 1;
          off += y * (1 - y) * (2 * u * 2 ** e) ** 2;
          squares += v * v;
        }
        return off / squares;
      },
      extreme: spread(1 + u / (1 + u)),
      jump: 2 * u,
      ...more,
    },
  );
}

test("fp16 saturates and loses what is small; bf16 keeps the range of f32", () => {
  const fp16 = new Bench("wasm", "f64", 4, "cast:to=fp16");
  expect([...fp16.decode(fp16.encode([1e300, -65520, 2 ** -26, 3 * 2 ** -25], 1))]).toEqual([
    65504,
    -65504,
    0,
    2 ** -23,
  ]);
  const bf16 = new Bench("wasm", "f32", 3, "cast");
  expect([...bf16.decode(bf16.encode([2 ** 127, -(2 ** -133), 1e-39], 1)).slice(0, 2)]).toEqual([
    2 ** 127,
    -(2 ** -133),
  ]);
});
