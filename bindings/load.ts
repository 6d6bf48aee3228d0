/**
 * Kernels by backend, both at hand at once. The embedder's entry avoids this file: it fetches the reference backend
 * only when that is asked for, a quarter of its size.
 */

import { ARENA_BASE, type Backend, hasSimd, loadWasm } from "./instance.ts";
import type { Kernels } from "./kernels.ts";
import { createReference } from "./reference/index.ts";

export { ARENA_BASE, type Backend, hasSimd } from "./instance.ts";

/**
 * A fresh instance of the kernels with its own memory.
 * @param backend "wasm" (falls back to "reference" where SIMD is missing) or "reference"
 * @param extra further modules (linalg, ...) to link to the same memory
 */
export function loadKernels(backend: Backend = "wasm", extra: readonly Uint8Array[] = []): Kernels {
  return backend === "reference" || !hasSimd() ? createReference(ARENA_BASE + 65536) : loadWasm(extra);
}
