/**
 * What codecs should cost, in SIMD sums over the same vector: medians within one run, one thread, d = 2^20, f32, normal.
 * The benchmark prints them beside what it measures; docs/benchmarks.md says what limits those that are missed.
 */
export const targets: Readonly<Record<string, number>> = {
  "sign encode": 3,
  "top-k 1 % encode": 7,
  "natural encode": 14,
  "dithering s=7 fixed encode": 16,
  "rand-k 1 % encode": 4,
  "top-k 1 % addTo": 1.5,
  "rand-k 1 % addTo": 4,
  "sign addTo": 6,
  "dithering s=7 fixed addTo": 6,
  "natural addTo": 6,
};

/** How many times faster than `bench/plain/` codecs should encode. */
export const plainTargets: Readonly<Record<string, number>> = {
  "sign encode": 4,
  "top-k 1 % encode": 8,
  "dithering s=7 fixed encode": 8,
  "natural encode": 6,
};
