/** Payload bits an entry at d = 10^6, for lists: measured once, since that takes seconds, and kept in bits.json. */
import { examplesOf } from "../compressors/examples.ts";
import { compressors } from "../compressors/index.ts";
import type { CompressorFactory } from "../core/contracts.ts";
import kept from "./bits.json" with { type: "json" };
import { Host } from "./host.ts";

export const LIST_DIM = 1_000_000;

/** Of compressors whose payloads vary at random; a big message each. */
const MESSAGES = 20;

export interface Bits {
  /** The first example of the compressor, which was measured. */
  readonly spec: string;
  /** Mean payload bits an entry on one normal f32 vector. */
  readonly bits: number;
}

let input: Float32Array<ArrayBuffer> | undefined;

export function measureBits(factory: CompressorFactory, dim: number): Bits {
  const spec = examplesOf(factory, dim)[0]!;
  const host = new Host(spec, dim, { dtype: "f32" });
  // the setup's stream is the same for every host
  if (input?.length !== dim) input = Float32Array.from({ length: dim }, () => host.setup.normal());
  host.x.view.set(input);
  const count = host.compressor.fixedBytes || host.compressor.constants.variance === 0 ? 1 : MESSAGES;
  let bytes = 0;
  for (let t = 0; t < count; ++t) bytes += host.encode();
  return { spec, bits: (8 * bytes) / count / dim };
}

/** As bits.json has it; a compressor that is not in it, or has another example now, is measured here. */
export function bitsOf(factory: CompressorFactory): Bits {
  const figure = (kept as Readonly<Record<string, Bits>>)[factory.name];
  return figure?.spec === examplesOf(factory, LIST_DIM)[0] ? figure! : measureBits(factory, LIST_DIM);
}

/** What bits.json holds: `node scripts/compressors.mjs` writes it. */
export const measureAllBits = (): Record<string, Bits> =>
  Object.fromEntries(Object.values(compressors).map((factory) => [factory.name, measureBits(factory, LIST_DIM)]));
