import {
  axpy_f32,
  axpy_f64,
  axpyPacked_f32,
  combine_f64,
  distance2_f32,
  dot_f32,
  dot_f64,
  fill_f32,
  fill_f64,
  firstNonFinite_f32,
  firstNonFinite_f64,
  norm1_f32,
  norm1_f64,
  norm2_f32,
  norm2_f64,
  normMax_f32,
  normMax_f64,
  scale_f32,
  squares_f64,
  sub_f32,
  sum_f32,
  sum_f64,
} from "../core/vec";

const X = heap.alloc(8192);
const Y = heap.alloc(8192);
const GUARD: u8 = 0xa5;

function clear(): void {
  memory.fill(X, GUARD, 8192);
  memory.fill(Y, GUARD, 8192);
}

/** Entries that every order of addition sums exactly. */
function entry(i: i32): f64 {
  return <f64>((i * 7) % 23) - 11;
}

function put<T>(p: usize, n: i32): void {
  for (let i = 0; i < n; ++i) store<T>(p + i * sizeof<T>(), <T>entry(i));
}

function guarded(p: usize, from: usize): bool {
  for (let at = p + from; at < p + from + 64; ++at) if (load<u8>(at) != GUARD) return false;
  return true;
}

describe("elementwise kernels", () => {
  test("axpy, scale and sub, n = 0..69, element offsets 0..3", () => {
    for (let n = 0; n < 70; ++n) {
      for (let offset = 0; offset < 4; ++offset) {
        clear();
        const x = X + offset * 4;
        const y = Y + ((offset * 3) & 3) * 4;
        put<f32>(x, n);
        put<f32>(y, n);
        axpy_f32(n, 2, x, y);
        scale_f32(n, -1, x);
        sub_f32(n, y, x, y);
        let wrong = 0;
        for (let i = 0; i < n; ++i) if (load<f32>(y + i * 4) != <f32>(4 * entry(i))) ++wrong;
        assert(wrong == 0 && guarded(x, n * 4) && guarded(y, n * 4), "axpy_f32 n = " + n.toString());
      }
    }
    expect(guarded(Y, 69 * 4 + 16)).toBe(true);
  });

  test("f64: combine onto an input, axpy, fill", () => {
    for (let n = 0; n < 70; ++n) {
      clear();
      put<f64>(X + 8, n);
      put<f64>(Y, n);
      combine_f64(n, 2, X + 8, 3, Y, Y);
      axpy_f64(n, -5, X + 8, Y);
      let wrong = 0;
      for (let i = 0; i < n; ++i) if (load<f64>(Y + i * 8) != 0) ++wrong;
      assert(wrong == 0 && guarded(Y, n * 8), "combine_f64 n = " + n.toString());
      fill_f64(n, 0.1, X);
      fill_f32(n, 0.1, Y);
      for (let i = 0; i < n; ++i) if (load<f64>(X + i * 8) != 0.1 || load<f32>(Y + i * 4) != <f32>0.1) ++wrong;
      assert(wrong == 0, "fill n = " + n.toString());
    }
    expect(guarded(Y, 69 * 8)).toBe(true);
  });

  test("axpyPacked reads from any byte", () => {
    for (let offset = 0; offset < 16; ++offset) {
      clear();
      put<f32>(X + offset, 45);
      fill_f32(45, 1, Y);
      axpyPacked_f32(45, 0.5, X + offset, Y);
      for (let i = 0; i < 45; ++i) assert(load<f32>(Y + i * 4) == <f32>(1 + entry(i) / 2), "axpyPacked_f32");
    }
    expect(guarded(Y, 180)).toBe(true);
  });
});

describe("reductions", () => {
  test("exact sums at n = 0..69, offsets 0..3", () => {
    for (let n = 0; n < 70; ++n) {
      let sum: f64 = 0;
      let norm1: f64 = 0;
      let squares: f64 = 0;
      for (let i = 0; i < n; ++i) {
        sum += entry(i);
        norm1 += abs(entry(i));
        squares += entry(i) * entry(i);
      }
      for (let offset = 0; offset < 4; ++offset) {
        clear();
        const x = X + offset * 4;
        const z = Y + offset * 8;
        put<f32>(x, n);
        put<f64>(z, n);
        assert(sum_f32(n, x) == sum && sum_f64(n, z) == sum, "sum n = " + n.toString());
        assert(norm1_f32(n, x) == norm1 && norm1_f64(n, z) == norm1, "norm1 n = " + n.toString());
        assert(dot_f32(n, x, x) == squares && dot_f64(n, z, z) == squares, "dot n = " + n.toString());
        assert(squares_f64(n, z) == squares && norm2_f64(n, z) == sqrt(squares), "squares n = " + n.toString());
        assert(distance2_f32(n, x, x) == 0, "distance2 n = " + n.toString());
      }
    }
    expect(sum_f32(0, X)).toBe(0);
  });

  test("lanes of f32 end with a block of 256: 2^24 swallows a one in its own lane only", () => {
    fill_f32(600, 0, X);
    store<f32>(X, 16777216);
    store<f32>(X + 16 * 4, 1); // same lane, same block
    expect(sum_f32(600, X)).toBe(16777216);
    store<f32>(X + 16 * 4, 0);
    store<f32>(X + 256 * 4, 1); // next block
    expect(sum_f32(600, X)).toBe(16777217);
  });

  test("norm2 where squares under- or overflow", () => {
    fill_f32(100, 1.401298464324817e-45, X);
    expect(norm2_f32(100, X)).toBe(10 * 1.401298464324817e-45);
    fill_f32(100, 1e30, X);
    expect(norm2_f32(100, X)).toBe(10 * <f64>(<f32>1e30));
    fill_f64(100, 5e-324, X);
    expect(norm2_f64(100, X)).toBe(5e-323);
    fill_f64(100, 1e300, X);
    expect(abs(norm2_f64(100, X) / 1e301 - 1) < 1e-15).toBe(true);
    expect(norm2_f64(0, X)).toBe(0);
  });

  test("non-finite entries are found wherever they are", () => {
    for (let at = 0; at < 69; ++at) {
      fill_f32(69, -2, X);
      fill_f64(69, -2, Y);
      assert(normMax_f32(69, X) == 2 && normMax_f64(69, Y) == 2, "normMax");
      assert(firstNonFinite_f32(69, X) == -1 && firstNonFinite_f64(69, Y) == -1, "firstNonFinite");
      store<f32>(X + at * 4, at & 1 ? <f32>NaN : -(<f32>Infinity));
      store<f64>(Y + at * 8, at & 1 ? NaN : -Infinity);
      assert(normMax_f32(69, X) == Infinity && normMax_f64(69, Y) == Infinity, "normMax at " + at.toString());
      assert(firstNonFinite_f32(69, X) == at && firstNonFinite_f64(69, Y) == at, "at " + at.toString());
      assert(!(norm2_f32(69, X) < Infinity) && !(norm2_f64(69, Y) < Infinity), "norm2 at " + at.toString());
    }
    expect(firstNonFinite_f32(68, X)).toBe(-1);
  });
});
