/** Messages of several workers in one memory, and an aggregator over them, with either backend. */
import { loadKernels } from "../../bindings/load.ts";
import { Ops } from "../../bindings/ops.ts";
import type { AggregatorFactory } from "../../src/aggregators/contract.ts";
import type { Bytes, Compressor, Dtype, Vec } from "../../src/core/contracts.ts";
import { Rng } from "../../src/core/rng.ts";
import { create } from "../compressors/bench.ts";

export interface Round {
  readonly compressor: Compressor;
  readonly payloads: readonly Bytes[];
  /** C(x_i), decoded one by one. */
  readonly decoded: readonly number[][];
  readonly out: Vec;
  readonly ops: Ops;
}

export function messages(
  backend: "wasm" | "reference",
  dtype: Dtype,
  spec: string,
  xs: readonly (readonly number[])[],
): Round {
  const dim = xs[0]!.length;
  const ops = new Ops(loadKernels(backend), dtype);
  const compressor = create(ops, spec, dim);
  const decoded: number[][] = [];
  const payloads = xs.map((x, i) => {
    const payload = ops.bytes(compressor.maxBytes);
    const length = compressor.encode(ops.from(x), new Rng(ops, 1n, i).at(1, 0), payload);
    payload.at(payload.ptr, length);
    const c = ops.vec(dim);
    compressor.addTo(payload, 1, c);
    decoded.push(Array.from(c.view));
    return payload;
  });
  return { compressor, payloads, decoded, out: ops.vec(dim), ops };
}

/** The aggregate of a round, after one of other messages that must leave no trace. */
export function aggregate<O extends object>(
  factory: AggregatorFactory<O>,
  { ops, compressor, payloads, out }: Round,
  options: Partial<O> = {},
): number[] {
  const env = { ops, dim: compressor.dim, workers: payloads.length };
  const aggregator = factory.create({ ...factory.defaults, ...options }, env);
  for (const order of [[...payloads].reverse().slice(0, 1), payloads]) {
    aggregator.begin();
    for (const payload of order) aggregator.add(compressor, payload);
    aggregator.result(out);
  }
  return Array.from(out.view);
}
