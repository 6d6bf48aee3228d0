/** `thinwire/sync`: the library at once, for callers who cannot wait; the price is one larger file. */
import { hasSimd, loadWasm } from "../bindings/instance.ts";
import { Thinwire } from "./codec/thinwire.ts";
import { compressors } from "./compressors/index.ts";
import { UsageError } from "./core/errors.ts";

/**
 * As `load` for the Wasm backend, at once: compiles the module in this turn of the event loop (a few ms), which
 * browsers allow. @throws UsageError where WebAssembly SIMD is missing
 */
export function loadSync(): Thinwire {
  if (!hasSimd()) throw new UsageError("loadSync: this engine has no WebAssembly SIMD; await load() instead");
  return new Thinwire("wasm", loadWasm, compressors);
}
