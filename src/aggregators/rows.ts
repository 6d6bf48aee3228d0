/** Decoded messages of a round, for aggregates that need all of them: O(nd) memory. Not a plugin. */
import type { Vec } from "../core/contracts.ts";
import { type Aggregator, type AggregatorEnv, requireRoom, requireSome } from "./contract.ts";

/** An aggregator that sees the `count` decoded vectors of a round; it may overwrite them. */
export function rowsAggregator(
  subject: string,
  { ops, dim, workers }: AggregatorEnv,
  combine: (rows: readonly Vec[], count: number, out: Vec) => void,
): Aggregator {
  const rows = Array.from({ length: workers }, () => ops.vec(dim));
  let count = 0;
  return {
    get count() {
      return count;
    },
    begin() {
      count = 0;
    },
    add(compressor, payload) {
      requireRoom(subject, count, workers);
      const row = rows[count]!;
      ops.fill(0, row);
      compressor.addTo(payload, 1, row);
      ++count;
    },
    addVector(x) {
      requireRoom(subject, count, workers);
      ops.copy(x, rows[count]!);
      ++count;
    },
    result(out) {
      requireSome(subject, count);
      combine(rows, count, out);
    },
  };
}

/** An aggregator by the `count` ascending values of each entry. */
export function sortedAggregator(
  subject: string,
  env: AggregatorEnv,
  pick: (sorted: Float64Array, count: number) => number,
): Aggregator {
  const values = new Float64Array(env.workers);
  return rowsAggregator(subject, env, (rows, count, out) => {
    const target = out.view;
    for (let i = 0; i < env.dim; ++i) {
      for (let w = 0; w < count; ++w) values[w] = rows[w]!.view[i]!;
      sort(values, count);
      target[i] = pick(values, count);
    }
  });
}

/** Heapsort in place: the engine's own sort allocates. The result, hence every sum over it, is that of any worker order. */
export function sort(values: Float64Array, n: number): void {
  for (let root = (n >>> 1) - 1; root >= 0; --root) sift(values, root, n);
  for (let end = n - 1; end > 0; --end) {
    const largest = values[0]!;
    values[0] = values[end]!;
    values[end] = largest;
    sift(values, 0, end);
  }
}

function sift(values: Float64Array, from: number, n: number): void {
  const value = values[from]!;
  let hole = from;
  for (let child = 2 * hole + 1; child < n; child = 2 * hole + 1) {
    if (child + 1 < n && values[child + 1]! > values[child]!) ++child;
    if (values[child]! <= value) break;
    values[hole] = values[child]!;
    hole = child;
  }
  values[hole] = value;
}
