/** What every psi is held to: its operator minimises what it says, is non-expansive, and its slope is its derivative. */
import { describe, expect, test } from "vitest";
import type { ProxFactory } from "../../src/prox/index.ts";
import { createProx } from "../../src/prox/index.ts";
import { createOps } from "../../src/run/cluster.ts";
import { lcg } from "../kernels/harness.ts";

/** @param specs texts of the form that experiments use, each its own canonical form */
export function testProx(
  factory: ProxFactory,
  specs: readonly string[],
  broken: readonly (readonly [string, RegExp])[],
): void {
  describe(factory.name, () => {
    for (const spec of specs) {
      const prox = createProx(spec);
      const phi = (ops: ReturnType<typeof createOps>, y: number) => prox.value(ops.from([y]));

      test(`${spec}: says what it is`, () => {
        expect(prox.spec).toBe(spec);
        for (const text of [factory.summary, factory.reference]) expect(text).toMatch(/\S/);
      });

      test(`${spec}: no other point is better, searched numerically`, () => {
        const ops = createOps("wasm", "f64");
        const next = lcg(3);
        for (let k = 0; k < 60; ++k) {
          const v = 8 * (next() - 0.5);
          const gamma = 0.05 + 3 * next();
          const x = ops.from([v]);
          prox.apply(gamma, x);
          const p = x.view[0]!;
          const cost = (y: number) => phi(ops, y) + (y - v) ** 2 / (2 * gamma);
          const least = cost(p);
          expect(least).toBeLessThan(Number.POSITIVE_INFINITY);
          for (let t = -4; t <= 4; t += 1 / 64) {
            for (const y of [t, p + 1e-4 * t]) {
              // strongly convex: (y - p)^2/(2 gamma) above the least value
              expect(cost(y)).toBeGreaterThanOrEqual(least + (0.999 * (y - p) ** 2) / (2 * gamma) - 1e-12);
            }
          }
        }
      });

      test(`${spec}: non-expansive, its slope its derivative, the same in f32`, () => {
        const ops = createOps("wasm", "f64");
        const single = createOps("wasm", "f32");
        const next = lcg(5);
        const d = 200;
        const values = Array.from({ length: d }, () => 8 * (next() - 0.5));
        const gamma = 0.7;
        const [x, y, z, slope, s] = [
          ops.from(values),
          ops.from(values.map((v) => v + next() - 0.5)),
          ops.from(values.map((v) => v + 1e-7)),
          ops.vec(d),
          single.from(values),
        ];
        prox.slope(gamma, x, slope);
        const distance = ops.distance2(x, y);
        for (const v of [x, y, z]) prox.apply(gamma, v);
        prox.apply(gamma, s);
        expect(ops.distance2(x, y)).toBeLessThanOrEqual(distance * (1 + 1e-12));
        for (let j = 0; j < d; ++j) {
          expect((z.view[j]! - x.view[j]!) / 1e-7).toBeCloseTo(slope.view[j]!, 6);
          expect(s.view[j]!).toBeCloseTo(x.view[j]!, 5);
        }
        const nan = ops.from([Number.NaN]);
        prox.apply(gamma, nan);
        expect(nan.view[0]).toBeNaN();
      });
    }

    for (const [spec, error] of broken) {
      test(`${spec}: an error`, () => {
        expect(() => createProx(spec)).toThrow(error);
      });
    }
  });
}
