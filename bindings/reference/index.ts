/**
 * The kernels in plain JS: the oracle that the WebAssembly build is tested against, and the fallback where SIMD is
 * missing. Same lane orders, same roundings, same random bits. Written for clarity; bench/plain/ holds the fast JS.
 */
import type { Kernels } from "../kernels.ts";
import { ditherKernels } from "./dither.ts";
import { hashKernels } from "./hash.ts";
import { linalgKernels } from "./linalg.ts";
import { Memory } from "./memory.ts";
import { naturalKernels } from "./natural.ts";
import { randomKernels } from "./random.ts";
import { signKernels } from "./sign.ts";
import { vecKernels } from "./vec.ts";

export function createReference(bytes: number): Kernels {
  const memory = new Memory(bytes);
  return {
    backend: "reference",
    memory,
    grow: (size: number) => memory.grow(size),
    memoryBase: () => 0,
    move: (n: number, from: number, to: number) => memory.u8.copyWithin(to, from, from + n),
    ...vecKernels(memory),
    ...linalgKernels(memory),
    ...randomKernels(memory),
    ...hashKernels(memory),
    ...signKernels(memory),
    ...ditherKernels(memory),
    ...naturalKernels(memory),
  } as unknown as Kernels;
}
