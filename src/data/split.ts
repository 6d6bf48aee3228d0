/** Divides the rows of a data set among workers. */

import { permutation, type Random } from "./generators.ts";
import type { Data } from "./matrix.ts";

/**
 * - "even": shuffled rows, sizes differ by at most one;
 * - "sorted": by label (stable), then as even: workers see different labels;
 * - "contiguous": file order, as even;
 * - sizes: shuffled rows, worker i gets sizes[i] of them.
 */
export type Split = "even" | "sorted" | "contiguous" | readonly number[];

/** Row indices of each worker; every row goes to exactly one. Throws RangeError if a worker would get none or sizes do not add up. */
export function split(data: Data, workers: number, how: Split, random: Random): Uint32Array[] {
  const { rows } = data;
  if (!Number.isInteger(workers) || workers < 1)
    throw new RangeError(`split: workers must be an integer from 1 up, got ${workers}`);
  if (workers > rows) throw new RangeError(`split: workers must be at most ${rows} (rows), got ${workers}`);
  const sizes = typeof how === "string" ? evenSizes(rows, workers) : checkSizes(how, rows, workers);
  const order = rowOrder(data, how, random);
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return order.slice(at - size, at);
  });
}

function rowOrder(data: Data, how: Split, random: Random): Uint32Array {
  if (how === "even" || typeof how !== "string") return permutation(data.rows, random);
  const order = Uint32Array.from({ length: data.rows }, (_, i) => i);
  if (how === "contiguous") return order;
  if (how === "sorted") return order.sort((a, b) => data.labels[a]! - data.labels[b]! || a - b);
  throw new RangeError(`split: must be "even", "sorted", "contiguous" or an array of sizes, got "${how as string}"`);
}

function evenSizes(rows: number, workers: number): number[] {
  const least = Math.floor(rows / workers);
  return Array.from({ length: workers }, (_, i) => (i < rows % workers ? least + 1 : least));
}

function checkSizes(sizes: readonly number[], rows: number, workers: number): readonly number[] {
  if (sizes.length !== workers)
    throw new RangeError(`split: sizes must be ${workers} numbers (workers), got ${sizes.length}`);
  const wrong = sizes.find((size) => !Number.isInteger(size) || size < 1);
  if (wrong !== undefined) throw new RangeError(`split: sizes must be integers from 1 up, got ${wrong}`);
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (sum !== rows) throw new RangeError(`split: sizes must sum to ${rows} (rows), got ${sum}`);
  return sizes;
}
