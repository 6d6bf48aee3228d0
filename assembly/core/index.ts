// The embedder's module, export by export. bindings/kernels.ts documents each.
export { rngBelow, rngSeed, rngU32, rngUniform } from "./random";

export function memoryBase(): usize {
  return __heap_base;
}
export function move(bytes: usize, from: usize, to: usize): void {
  memory.copy(to, from, bytes);
}
