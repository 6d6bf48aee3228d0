/** Where the time of a run goes: compressors and oracles, measured around their calls. */
import type { Compressor, Oracle } from "../core/contracts.ts";

/** Per worker, in memory that threads can share: passes over the rows, seconds in oracles, seconds in compressors, state bytes. */
export const STATS = 4;
export enum Stat {
  Gradients = 0,
  Oracle = 1,
  Codec = 2,
  Memory = 3,
}

/** Counts passes and seconds of an oracle into stats[at ..]. */
export function countedOracle(oracle: Oracle, stats: Float64Array, at: number): Oracle {
  const count = (passes: number, since: number) => {
    stats[at + Stat.Gradients]! += passes;
    stats[at + Stat.Oracle]! += (performance.now() - since) / 1000;
  };
  const counted: Oracle = {
    dim: oracle.dim,
    rows: oracle.rows,
    loss: (x) => oracle.loss(x),
    gradient(x, g) {
      const since = performance.now();
      oracle.gradient(x, g);
      count(1, since);
    },
  };
  if (oracle.rowsGradient) {
    counted.rowsGradient = (x, rows, n, g) => {
      const since = performance.now();
      oracle.rowsGradient!(x, rows, n, g);
      count(n / oracle.rows, since);
    };
  }
  if (oracle.hessian) counted.hessian = (x, H) => oracle.hessian!(x, H);
  if (oracle.rowSmoothness) counted.rowSmoothness = (row) => oracle.rowSmoothness!(row);
  return counted;
}

/** Counts the seconds of a compressor into stats[at + Stat.Codec]. */
export function timedCompressor(compressor: Compressor, stats: Float64Array, at: number): Compressor {
  const add = (since: number) => {
    stats[at + Stat.Codec]! += (performance.now() - since) / 1000;
  };
  return {
    ...compressor,
    encode(x, rng, out) {
      const since = performance.now();
      const bytes = compressor.encode(x, rng, out);
      add(since);
      return bytes;
    },
    addTo(payload, scale, acc) {
      const since = performance.now();
      compressor.addTo(payload, scale, acc);
      add(since);
    },
  };
}
