/** Guard bytes around every range that an arena hands out, so that a store beside it is seen. */
import { Arena, Bytes, Vec } from "../../bindings/arena.ts";

const CANARY = 0xa5;
const WIDTH = 16;

/** Pairs: first and one past the last guard byte. */
const guarded = new WeakMap<Arena, number[]>();
let installed = false;

function surround(arena: Arena, length: number, take: (bytes: number) => number): number {
  const padding = -length & (WIDTH - 1);
  const from = take(WIDTH + length + padding + WIDTH);
  const at = from + WIDTH;
  const end = at + length + padding + WIDTH;
  let ranges = guarded.get(arena);
  if (!ranges) {
    ranges = [];
    guarded.set(arena, ranges);
  }
  ranges.push(from, at, at + length, end);
  arena.u8.fill(CANARY, from, at).fill(CANARY, at + length, end);
  return at;
}

/** From now on every arena of this process has them. */
export function installCanaries(): void {
  if (installed) return;
  installed = true;
  const { bytes } = Arena.prototype;
  Arena.prototype.bytes = function (this: Arena, length) {
    const at = surround(this, length, (whole) => bytes.call(this, whole).ptr);
    return new Bytes(this, at, length);
  };
  Arena.prototype.vec = function (this: Arena, length, dtype) {
    const size = length * (dtype === "f32" ? 4 : 8);
    const at = surround(this, size, (whole) => bytes.call(this, whole).ptr);
    return new Vec(this, at, length, dtype);
  };
}

/** The address of the first guard byte that was overwritten, or -1. */
export function broken(arena: Arena): number {
  const { u8 } = arena;
  const ranges = guarded.get(arena) ?? [];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let at = ranges[i]!; at < ranges[i + 1]!; ++at) if (u8[at] !== CANARY) return at;
  }
  return -1;
}
