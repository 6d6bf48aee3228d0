/**
 * Instances of the WebAssembly modules over one growable memory. Does not hand out memory: that is `arena.ts`.
 */
import { instantiateSync } from "@assemblyscript/loader";
import coreBytes from "../build/core.wasm";
import type { Kernels } from "./kernels.ts";

export type Backend = "wasm" | "reference";

/** First byte of the arena. Static data of the modules lies below (scripts/kernels.mjs gives each its slot). */
export const ARENA_BASE = 65536;
const PAGE = 65536;

// (module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt))
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Whether this engine runs 128-bit WebAssembly SIMD. */
export function hasSimd(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(SIMD_PROBE as BufferSource);
}

type Compiled = { core: WebAssembly.Module; extra: WebAssembly.Module[] };
const compiled = new Map<Uint8Array, WebAssembly.Module>();

function compile(bytes: Uint8Array): WebAssembly.Module {
  let module = compiled.get(bytes);
  if (!module) {
    module = new WebAssembly.Module(bytes as BufferSource);
    compiled.set(bytes, module);
  }
  return module;
}

/**
 * A fresh instance of the kernels with its own memory; the engine must have SIMD.
 * @param extra further modules (linalg, ...) to link to the same memory
 */
export function loadWasm(extra: readonly Uint8Array[] = []): Kernels {
  const modules: Compiled = { core: compile(coreBytes), extra: extra.map(compile) };
  const core = instantiateSync(modules.core, {}).exports as Record<string, unknown>;
  const memory = core.memory as WebAssembly.Memory;
  const instances = [core];
  for (const module of modules.extra) {
    instances.push(instantiateSync(module, { env: { memory } } as never).exports as Record<string, unknown>);
  }
  return over(memory, instances);
}

/** An instance of a module made for shared memory, with such a memory of its own. */
export function loadShared(bytes: Uint8Array): { kernels: Kernels; memory: WebAssembly.Memory } {
  // the maximum takes address space only
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const { exports } = instantiateSync(compile(bytes), { env: { memory } } as never);
  return { kernels: over(memory, [exports as Record<string, unknown>]), memory };
}

/** The functions of all instances over one memory. */
function over(memory: WebAssembly.Memory, instances: readonly Record<string, unknown>[]): Kernels {
  const functions: Record<string, unknown> = {};
  for (const exports of instances) {
    for (const [name, value] of Object.entries(exports)) if (typeof value === "function") functions[name] = value;
  }
  return Object.assign(functions, {
    backend: "wasm",
    memory,
    grow(bytes: number) {
      const missing = bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    },
  }) as unknown as Kernels;
}
