/** Specs that show a compressor: for lists, charts, `thinwire verify --all` and tests. */
import type { CompressorFactory } from "../core/contracts.ts";

/** The factory's own examples, else the bare name, with `ratio=0.1` where there is a ratio to give. */
export function examplesOf(factory: CompressorFactory, dim: number): readonly string[] {
  const bare = Object.hasOwn(factory.options, "ratio") ? `${factory.name}:ratio=0.1` : factory.name;
  return factory.examples?.(dim) ?? [bare];
}
