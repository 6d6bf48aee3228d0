/** Draws messages of one input and keeps the means that constants speak of. All are relative to |x| or |x|^2. */
import type { Host } from "./host.ts";
import type { Input } from "./inputs.ts";
import { Mean } from "./statistics.ts";

export interface Moments {
  readonly input: string;
  /** |x|^2. */
  readonly squares: number;
  /** Largest |x_i| over |x|. */
  readonly peak: number;
  /** |C(x) - x|^2. */
  readonly error: Mean;
  /** |C(x)|^2. */
  readonly second: Mean;
  /** <C(x), x>. */
  readonly along: Mean;
  /** |C(x)|^2 - beta <C(x), x> for the betas asked for. */
  readonly excess: readonly Mean[];
  /** <C - x, C' - x> of two messages: |E C(x) - x|^2, unless messages depend on one another. */
  readonly bias: Mean;
  /** |C - C'|^2 / 2 of two messages: E|C(x) - E C(x)|^2. */
  readonly variance: Mean;
  /** Entries of C(x) - x over |x|. */
  readonly entries: readonly Mean[];
  /** Payload bits an entry. */
  readonly bits: Mean;
}

/** Messages that must all be alike before a compressor without variance is believed to have none. */
const ALIKE = 64;

export function sample(host: Host, input: Input, index: number, count: number, betas: readonly number[]): Moments {
  const dim = host.x.length;
  host.x.view.set(input.values);
  const x = Float64Array.from(host.x.view);
  const squares = x.reduce((sum, v) => sum + v * v, 0);
  const norm = Math.sqrt(squares);
  const mean = (): Mean => new Mean();
  const moments = {
    input: input.name,
    squares,
    peak: x.reduce((size, v) => Math.max(size, Math.abs(v)), 0) / norm,
    error: mean(),
    second: mean(),
    along: mean(),
    excess: betas.map(mean),
    bias: mean(),
    variance: mean(),
    entries: Array.from(x, mean),
    bits: mean(),
  };
  const before = new Float64Array(dim);
  let moved = false;
  host.restart(index);
  for (let t = 0; t < count && (t < ALIKE || moved || host.compressor.constants.variance !== 0); ++t) {
    moments.bits.add((8 * host.draw()) / dim);
    const c = host.result.view;
    let error = 0;
    let second = 0;
    let along = 0;
    let product = 0;
    let apart = 0;
    for (let i = 0; i < dim; ++i) {
      const off = c[i]! - x[i]!;
      const other = before[i]!;
      error += off * off;
      second += c[i]! * c[i]!;
      along += c[i]! * x[i]!;
      product += off * other;
      apart += (off - other) ** 2;
      before[i] = off;
      moments.entries[i]!.add(off / norm);
    }
    if (t > 0 && apart !== 0) moved = true;
    moments.error.add(error / squares);
    moments.second.add(second / squares);
    moments.along.add(along / squares);
    for (const [j, beta] of betas.entries()) moments.excess[j]!.add((second - beta * along) / squares);
    if (t % 2 === 0) continue;
    moments.bias.add(product / squares);
    moments.variance.add(apart / 2 / squares);
  }
  return moments;
}
