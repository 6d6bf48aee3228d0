import { rngSeed } from "../core/random";
import { gather_f64, scatterAdd_f64 } from "../core/scatter";
import { randomSubset, topK_f32, topK_f64, topKScratch } from "../core/select";

function vector(n: i32, value: (i: i32) => f32): usize {
  const x = heap.alloc((<usize>n) << 2);
  for (let i = 0; i < n; ++i) store<f32>(x + ((<usize>i) << 2), value(i));
  return x;
}

/** Indices of topK_f32 as an array; the status alone if it is not k. */
function top(n: i32, k: i32, x: usize): i32[] {
  const indices = heap.alloc((<usize>k) << 2);
  const scratch = heap.alloc(topKScratch(n, k));
  const status = topK_f32(n, k, x, indices, scratch);
  const out: i32[] = [];
  if (status != k) out.push(status);
  else for (let j = 0; j < k; ++j) out.push(load<i32>(indices + ((<usize>j) << 2)));
  heap.free(indices);
  heap.free(scratch);
  return out;
}

describe("topK", () => {
  it("takes the largest magnitudes, ascending", () => {
    const x = vector(7, (i) => <f32>((i - 3) * (i - 3)) * (i & 1 ? -1 : 1)); // 9 -4 1 0 1 -4 9
    expect(top(7, 2, x)).toStrictEqual([0, 6]);
    expect(top(7, 3, x)).toStrictEqual([0, 1, 6]);
    expect(top(7, 7, x)).toStrictEqual([0, 1, 2, 3, 4, 5, 6]);
    heap.free(x);
  });

  it("gives ties to the lower index, on every path", () => {
    for (let n = 100; n <= 100000; n *= 10) {
      const equal = vector(n, (i) => (i & 1 ? <f32>-0.0 : <f32>0.0));
      expect(top(n, 3, equal)).toStrictEqual([0, 1, 2]);
      expect(top(n, n / 2 + 1, equal)[n / 2]).toBe(n / 2);
      store<f32>(equal + ((<usize>(n - 1)) << 2), 1);
      expect(top(n, 3, equal)).toStrictEqual([0, 1, n - 1]);
      heap.free(equal);
    }
  });

  it("is exact when the sample sees only small entries, or only large ones", () => {
    const n = 3 * 2048 * 2; // stride 5
    const hidden = vector(n, (i) => (i % 5 == 0 ? <f32>1e-6 : <f32>i + 1));
    expect(top(n, 2, hidden)).toStrictEqual([n - 2, n - 1]);
    heap.free(hidden);
    const shown = vector(n, (i) => (i % 5 == 0 && i < 100 ? <f32>i + 1 : <f32>1e-6));
    expect(top(n, 3, shown)).toStrictEqual([85, 90, 95]);
    heap.free(shown);
  });

  it("names the first non-finite entry", () => {
    const x = vector(20000, (i) => (i == 777 ? f32.NaN : i > 777 && i % 3 == 0 ? <f32>Infinity : <f32>i));
    expect(top(20000, 5, x)).toStrictEqual([-1 - 777]);
    expect(top(20000, 15000, x)).toStrictEqual([-1 - 777]);
    expect(top(1000, 5, x)).toStrictEqual([-1 - 777]);
    heap.free(x);
  });

  it("orders f64 below f32 resolution", () => {
    const x = heap.alloc(64);
    for (let i = 0; i < 8; ++i) store<f64>(x + ((<usize>i) << 3), 1 + <f64>(i ^ 3) * f64.EPSILON);
    const scratch = heap.alloc(topKScratch(8, 3));
    const indices = heap.alloc(12);
    expect(topK_f64(8, 3, x, indices, scratch)).toBe(3);
    expect(load<u32>(indices)).toBe(4); // 7, 6, 5 stand at 4, 5, 6
    expect(load<u32>(indices, 8)).toBe(6);
  });
});

describe("scatter", () => {
  it("gather then scatterAdd with the opposite factor removes the entries", () => {
    const x = heap.alloc(80);
    const indices = heap.alloc(12);
    const values = heap.alloc(32);
    for (let i = 0; i < 10; ++i) store<f64>(x + ((<usize>i) << 3), <f64>i + 0.5);
    store<u32>(indices, 1);
    store<u32>(indices, 4, 4);
    store<u32>(indices, 9, 8);
    gather_f64(3, 1, x, indices, values + 3);
    expect(load<f64>(values + 3, 16)).toBe(9.5);
    scatterAdd_f64(3, -1, values + 3, indices, x);
    for (let i = 0; i < 10; ++i) {
      expect(load<f64>(x + ((<usize>i) << 3))).toBe(i == 1 || i == 4 || i == 9 ? 0 : <f64>i + 0.5);
    }
  });
});

describe("randomSubset", () => {
  it("draws distinct indices and clears the bitmap", () => {
    const n = 200;
    const state = heap.alloc(96);
    const bitmap = heap.alloc(25);
    const indices = heap.alloc(n << 2);
    memory.fill(bitmap, 0, 25);
    rngSeed(state, 1, 2, 3, 4, 5, 6);
    for (let k = 0; k <= n; k += 40) {
      randomSubset(n, k, state, indices, bitmap);
      const seen = new Set<u32>();
      for (let j = 0; j < k; ++j) seen.add(load<u32>(indices + ((<usize>j) << 2)));
      expect(seen.size).toBe(k);
      for (let b = 0; b < 25; ++b) expect(load<u8>(bitmap + b)).toBe(0);
    }
  });
});
