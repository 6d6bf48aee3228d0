/** The compressors, by name. One line each. */
import type { CompressorFactory } from "../core/contracts.ts";
import { identity } from "./identity.ts";
import { randK } from "./rand-k.ts";
import type { Registry } from "./spec.ts";

const all: readonly CompressorFactory[] = [
  identity, // 1
  randK, // 4
];

export const compressors: Registry = Object.fromEntries(all.map((factory) => [factory.name, factory]));
export const compressorsByWireId: ReadonlyMap<number, CompressorFactory> = new Map(
  all.map((factory) => [factory.wireId, factory]),
);
