/**
 * The kernels in plain JS: the oracle that the WebAssembly build is tested against, and the fallback where SIMD is
 * missing. Same lane orders, same roundings, same random bits. Written for clarity; bench/plain/ holds the fast JS.
 */
import type { Kernels } from "../kernels.ts";
import { bitpackKernels } from "./bitpack.ts";
import { castKernels } from "./cast.ts";
import { ditherKernels } from "./dither.ts";
import { gridKernels } from "./grid.ts";
import { hadamardKernels } from "./hadamard.ts";
import { hashKernels } from "./hash.ts";
import { indicesKernels } from "./indices.ts";
import { linalgKernels } from "./linalg.ts";
import { Memory } from "./memory.ts";
import { naturalKernels } from "./natural.ts";
import { randomKernels } from "./random.ts";
import { ransKernels } from "./rans.ts";
import { selectKernels } from "./select.ts";
import { signKernels } from "./sign.ts";
import { vecKernels } from "./vec.ts";

export function createReference(bytes: number): Kernels {
  const memory = new Memory(bytes);
  const random = randomKernels(memory);
  return {
    backend: "reference",
    memory,
    grow: (size: number) => memory.grow(size),
    memoryBase: () => 0,
    move: (n: number, from: number, to: number) => memory.u8.copyWithin(to, from, from + n),
    ...vecKernels(memory),
    ...linalgKernels(memory),
    ...hashKernels(memory),
    ...signKernels(memory),
    ...ditherKernels(memory),
    ...naturalKernels(memory),
    ...gridKernels(memory),
    ...castKernels(memory),
    ...hadamardKernels(memory),
    ...random,
    ...selectKernels(memory, random.rngBelow),
    ...bitpackKernels(memory),
    ...indicesKernels(memory),
    ...ransKernels(memory),
  } as unknown as Kernels;
}
