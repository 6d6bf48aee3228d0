import { cosTurns, log as logarithm } from "../core/math";
import { rngBelow, rngNormal, rngSeed, rngU32, rngUniform } from "../core/random";

const STATE = (heap.alloc(128) + 15) & ~15;
const OTHER = (heap.alloc(128) + 15) & ~15;

describe("streams", () => {
  test("equal keys give equal words, one differing word another stream", () => {
    rngSeed(STATE, 1, 2, 3, 4, 5, 6);
    rngSeed(OTHER, 1, 2, 3, 4, 5, 6);
    for (let i = 0; i < 50; ++i) assert(rngU32(STATE) == rngU32(OTHER), "word " + i.toString());
    rngSeed(OTHER, 1, 2, 3, 4, 5, 7);
    let equal = 0;
    for (let i = 0; i < 50; ++i) if (rngU32(STATE) == rngU32(OTHER)) ++equal;
    expect(equal).toBe(0);
  });

  test("rngBelow stays below and reaches every value", () => {
    rngSeed(STATE, 7, 0, 0, 0, 0, 0);
    for (let bound: u32 = 1; bound < 20; ++bound) {
      let seen: u32 = 0;
      for (let i = 0; i < 600; ++i) {
        const value = rngBelow(STATE, bound);
        assert(value < bound, "bound " + bound.toString());
        seen |= 1 << value;
      }
      assert(seen == (1 << bound) - 1, "every value below " + bound.toString());
    }
    expect(rngBelow(STATE, 1)).toBe(0);
  });

  test("uniforms and normals have their first two moments", () => {
    rngSeed(STATE, 9, 0, 0, 0, 0, 0);
    const n = 20000;
    let u: f64 = 0;
    let z: f64 = 0;
    let zz: f64 = 0;
    for (let i = 0; i < n; ++i) {
      const uniform = rngUniform(STATE);
      assert(uniform >= 0 && uniform < 1, "uniform");
      u += uniform;
      const normal = rngNormal(STATE);
      z += normal;
      zz += normal * normal;
    }
    expect(abs(u / n - 0.5) < (5 * 0.2887) / 141).toBe(true);
    expect(abs(z / n) < 5.0 / 141).toBe(true);
    expect(abs(zz / n - 1) < (5 * 1.4143) / 141).toBe(true);
  });
});

describe("elementary functions", () => {
  test("log and cos at exact points and against the standard library", () => {
    expect(logarithm(1)).toBe(0);
    expect(logarithm(2)).toBe(Math.LN2);
    expect(cosTurns(0)).toBe(1);
    expect(cosTurns(0.25)).toBe(0);
    expect(cosTurns(0.5)).toBe(-1);
    expect(cosTurns(0.75)).toBe(0);
    for (let i = 1; i < 5000; ++i) {
      const v = <f64>i / 5000;
      assert(abs(logarithm(v) / Math.log(v) - 1) < 5e-16, "log " + v.toString());
      assert(abs(cosTurns(v) - Math.cos(2 * Math.PI * v)) < 1.5e-15, "cos " + v.toString());
    }
  });
});
