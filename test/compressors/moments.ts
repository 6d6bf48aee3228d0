/**
 * Sampled moments against what is proven. Z = 6.5 standard errors: a normal mean is further off with probability
 * 8.1e-11, and all compressors together make fewer than 10^4 such comparisons, so that a right implementation fails with
 * probability below 1e-6 (and always or never, the seeds being fixed).
 */
import type { Dtype } from "../../bindings/kernels.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { type Bench, rounded } from "./bench.ts";

const Z = 6.5;
/** Sample variances miss events that are rarer than the sample is long; this many unseen events of the largest size are allowed for (a Poisson variable of mean 25 is 0 with probability 1.4e-11). */
const UNSEEN = 25;
/** Largest change of |C(x) - x|^2 / |x|^2 by an event that may be too rare to be seen: a level of 1 falling to 1/2. */
const RARE = 0.25;

export type Ratio = (x: Float64Array) => number;

export interface MomentOptions {
  samples: number;
  /** E|C(x) - x|^2 / |x|^2, exactly. */
  ratio?: Ratio;
  /** An input where the ratio is the constant itself. */
  extreme?: (dim: number) => number[];
  /** Set where every entry of C(x) is 0 or this multiple of x_i. */
  gain?: (dim: number) => number;
  /** No entry of C(x) is further than this times |x_i| from x_i; then rare events are no larger. */
  jump?: number;
}

const families: Record<string, (dim: number, random: () => number) => number[]> = {
  normal: inputs.normal!,
  heavy: (n, r) => Array.from({ length: n }, () => (r() < 0.5 ? -1 : 1) / (1 - r()) ** 1.5),
  sparse: (n, r) => Array.from({ length: n }, (_, i) => (i % 5 === 0 ? r() - 0.5 : 0)),
  flat: (n) => Array.from({ length: n }, (_, i) => (i % 3 ? 0.7 : -0.7)),
  spike: (n, r) => Array.from({ length: n }, (_, i) => (i === n >> 1 ? 3 : (r() - 0.5) * 0.01)),
};

class Mean {
  n = 0;
  sum = 0;
  squares = 0;
  most = 0;
  add(value: number): void {
    ++this.n;
    this.sum += value;
    this.squares += value * value;
    this.most = Math.max(this.most, Math.abs(value));
  }
  get mean(): number {
    return this.sum / this.n;
  }
  /** How far the mean may be from the expectation; `jump` is how far off a rare sample may be. */
  margin(jump = this.most): number {
    if (this.n === 1) return 0; // deterministic
    const variance = Math.max(0, this.squares / this.n - this.mean ** 2);
    return Z * Math.sqrt((variance + (UNSEEN / Z ** 2) * (jump ** 2 / this.n)) / this.n);
  }
}

const squares = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);

/** @throws Error naming the input and the moment that is off */
export function checkMoments(dtype: Dtype, bench: Bench, options: MomentOptions): void {
  const { compressor } = bench;
  const bound = compressor.omega ?? (compressor.delta === undefined ? undefined : 1 - compressor.delta);
  const rounding = dtype === "f32" ? 2e-6 : 1e-12;
  const all = { ...families };
  if (options.extreme) all["extreme"] = options.extreme;
  const random = lcg(11);
  for (const [name, make] of Object.entries(all)) {
    const x = rounded(dtype, make(compressor.dim, random));
    const norm = squares(x);
    const where = `${compressor.spec} ${dtype} d=${compressor.dim} ${name}`;
    const exact = options.ratio?.(x);
    if (exact !== undefined && bound !== undefined) {
      require(exact <= bound * (1 + 1e-9) + rounding, `${where}: ratio ${exact} above the constant ${bound}`);
      if (name === "extreme") close(exact, bound, 1e-6, `${where}: ratio of the extreme input`);
    }
    const { entries, along, error } = sample(bench, x, norm, options.samples);
    if (options.gain) checkGain(bench, x, options.gain(compressor.dim), where);
    const ratio = error.mean;
    const { jump } = options;
    const margin = error.margin(jump === undefined ? Math.max(error.most, RARE) : jump ** 2);
    if (exact !== undefined) close(ratio, exact, margin + rounding * (1 + exact), `${where}: E|C(x)-x|^2/|x|^2`);
    if (bound !== undefined) {
      require(ratio <= bound + margin + rounding * (1 + bound), `${where}: ratio ${ratio} above ${bound}`);
    }
    const { absolute } = compressor.constants;
    if (absolute !== undefined) {
      require(ratio * norm <=
        absolute + (margin + rounding) * norm, `${where}: error ${ratio * norm} above ${absolute}`);
    }
    if (compressor.constants.eta !== 0) continue;
    close(along.mean, 1, along.margin(jump) + rounding, `${where}: <E C(x), x>/|x|^2`);
    const largest = Math.max(...entries.map((e) => e.most), ...x.map(Math.abs));
    entries.forEach((entry, i) => {
      const allowed =
        entry.margin(jump === undefined ? largest : jump * Math.abs(x[i]!)) +
        rounding * (Math.abs(x[i]!) + Math.sqrt(norm) * 1e-3);
      close(entry.mean, x[i]!, allowed, `${where}: mean of entry ${i}`);
    });
  }
}

function sample(bench: Bench, x: Float64Array, norm: number, count: number) {
  const entries = Array.from(x, () => new Mean());
  const along = new Mean();
  const error = new Mean();
  bench.x.view.set(x);
  const view = bench.acc.view;
  for (let t = 0; t < count; ++t) {
    bench.sample(t + 1);
    let inner = 0;
    let off = 0;
    for (let i = 0; i < x.length; ++i) {
      const c = view[i]!;
      entries[i]!.add(c);
      inner += c * x[i]!;
      off += (c - x[i]!) ** 2;
    }
    along.add(inner / norm);
    error.add(off / norm);
  }
  return { entries, along, error };
}

/** On the last sample, which is still in acc. */
function checkGain({ acc, dtype }: Bench, x: Float64Array, gain: number, where: string): void {
  const wanted = rounded(
    dtype,
    x.map((v) => v * (dtype === "f32" ? Math.fround(gain) : gain)),
  );
  acc.view.forEach((c, i) => {
    require(c === 0 || c === wanted[i], `${where}: entry ${i}: got ${c}, expected 0 or ${wanted[i]}`);
  });
}

function require(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function close(value: number, wanted: number, margin: number, message: string): void {
  require(Math.abs(value - wanted) <= margin, `${message}: got ${value}, expected ${wanted} within ${margin}`);
}
