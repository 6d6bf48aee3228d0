/**
 * Layer-wise: consecutive pieces of given sizes, each with a compressor: one for all (`of`) or one each (`specs`).
 * Class: omega = max, delta = min over the layers.
 * Payload: for every layer [varint length | ] payload; the length only where payloads vary, never for the last layer.
 * Cost: that of the layers, and one read of x for finiteness. Scratch: that of the different ones (spec and size).
 * Throws: RangeError for sizes whose sum is not d, for entries that are not finite, and what the layers' compressors throw.
 * Source: layer-wise compression: Dutta et al., On the Discrepancy between Theory and Practice of Layer-wise Compression,
 *   arXiv 1911.08250, section 3.
 */
import type { Compressor, CompressorFactory } from "../core/contracts.ts";
import { concatenation } from "./concatenation.ts";
import { formatSpec, splitSizes, splitSpecs } from "./spec.ts";

export interface LayersOptions {
  sizes?: string;
  of?: string;
  specs?: string;
}

export const layers: CompressorFactory<LayersOptions> = {
  name: "layers",
  wireId: 37,
  summary: "consecutive pieces of given sizes, each with its own compressor or all with the same",
  reference: "Dutta et al., arXiv 1911.08250, section 3",
  formulas: "max omega, min delta over the layers",
  options: { sizes: "sizes", of: "spec", specs: "specs" },
  defaults: {},
  examples: (dim) => [
    `layers:sizes=${Math.ceil((dim * 3) / 4)}+${Math.floor(dim / 4)},of=(rand-k:ratio=0.1)`,
    `layers:sizes=${Math.ceil((dim * 3) / 4)}+${Math.floor(dim / 4)},specs=(top-k:ratio=0.1)+(sign)`,
  ],
  create(options, env) {
    if (options.sizes === undefined || (options.of === undefined) === (options.specs === undefined)) {
      throw new RangeError(`layers: give sizes and one of "of" and "specs", got ${formatSpec(layers, options)}`);
    }
    const sizes = splitSizes(options.sizes);
    const sum = sizes.reduce((a, b) => a + b, 0);
    if (sum !== env.dim) throw new RangeError(`layers: sizes must sum to ${env.dim} (d), got ${sum}`);
    const given = options.specs === undefined ? undefined : splitSpecs(options.specs);
    if (given !== undefined && given.length !== sizes.length) {
      throw new RangeError(`layers: specs must be one for each of the ${sizes.length} sizes, got ${given.length}`);
    }
    const made = new Map<string, Compressor>();
    const all = sizes.map((size, i) => {
      const text = given?.[i] ?? options.of!;
      const key = `${size} ${text}`;
      const held = made.get(key);
      const compressor = held && !held.stateful ? held : env.create(text, size);
      made.set(key, compressor);
      return compressor;
    });
    const pieces = { count: all.length, at: (piece: number) => all[piece]!, distinct: [...new Set(all)] };
    return { spec: formatSpec(layers, options), ...concatenation("layers", env, pieces) };
  },
};
