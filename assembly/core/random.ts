// SFC32 (Chris Doty-Humphrey, PractRand: passes its whole battery), four independent streams in the lanes of a v128.
//
// State, 96 bytes: a, b, c, counter (4 x v128, lane l = stream l) | buffer (v128) | used: u32, how many of the buffer's
// lanes rngU32 has handed out (4 = empty) | first: u32 | 8 spare bytes. Behind it room for the states of two blocks.
//
// Vector kernels draw by blocks of 2^16 elements, so that blocks can be encoded apart and in any order: block 0 uses the
// state, which afterwards is what that left; block b >= 1 uses `rngFork(state before, b)`. `first` is the number of the
// vector's first block, 0 unless a part of a longer vector is encoded: then the state stays as it is.

import { cosTurns, log } from "./math";

export const RNG_USED: usize = 80;
const FIRST: usize = 84;
const STATE: usize = 96;
/** Elements to a block. */
export const RNG_BLOCK: i32 = 65536;
const BUFFER: usize = 64;
const WARM_UP = 12;

function fmix(h: u32): u32 {
  // MurmurHash3's 32-bit finaliser: a bijection
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >> 16);
}

function absorb(h: u32, word: u32): u32 {
  return fmix(h ^ word) + 0x9e3779b9;
}

export function rngSeed(
  state: usize,
  seedLow: u32,
  seedHigh: u32,
  node: u32,
  round: u32,
  exchange: u32,
  part: u32,
): void {
  const last = (exchange << 16) | (part & 0xffff);
  for (let word: u32 = 0; word < 12; ++word) {
    let h: u32 = (word + 1) * 0x9e3779b9;
    h = absorb(h, seedLow);
    h = absorb(h, seedHigh);
    h = absorb(h, node);
    h = absorb(h, round);
    h = absorb(h, last);
    store<u32>(state + ((<usize>word) << 2), h); // words 0..3 = a of stream 0..3, 4..7 = b, 8..11 = c
  }
  v128.store(state, i32x4.splat(1), 48);
  for (let i = 0; i < WARM_UP; ++i) rngStep(state);
  store<u32>(state, 4, RNG_USED);
  store<u32>(state, 0, FIRST);
}

/** The state of block b: its twelve words hashed, each with b; the counters as they are. */
export function rngFork(state: usize, b: u32, out: usize): void {
  for (let word: u32 = 0; word < 12; ++word) {
    const at = (<usize>word) << 2;
    store<u32>(out + at, absorb(absorb((word + 1) * 0x9e3779b9, load<u32>(state + at)), b));
  }
  v128.store(out, v128.load(state, 48), 48);
}

/** The last of the blocks that n elements make; block 0 is there for n = 0 too. */
export function lastBlock(n: i32): i32 {
  return max(n - 1, 0) >> 16;
}

/**
 * Where to find the state of block b of a kernel's vector; slot 0 or 1. Blocks must be asked for before block 0 is
 * drawn, hence kernels run from the last block to the first.
 */
export function rngBlock(rng: usize, b: i32, slot: usize): usize {
  b += load<i32>(rng, FIRST);
  if (b == 0) return rng;
  const out = rng + STATE * (slot + 1);
  rngFork(rng, b, out);
  return out;
}

/** One step of the four streams through memory. Hot loops keep the four state vectors in locals instead; same arithmetic. */
export function rngStep(state: usize): v128 {
  const a = v128.load(state);
  const b = v128.load(state, 16);
  const c = v128.load(state, 32);
  const counter = v128.load(state, 48);
  const t = i32x4.add(i32x4.add(a, b), counter);
  v128.store(state, i32x4.add(counter, i32x4.splat(1)), 48);
  v128.store(state, v128.xor(b, i32x4.shr_u(b, 9)));
  v128.store(state, i32x4.add(c, i32x4.shl(c, 3)), 16);
  v128.store(state, i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), t), 32);
  return t;
}

export function rngU32(state: usize): u32 {
  let used = load<u32>(state, RNG_USED);
  if (used == 4) {
    v128.store(state, rngStep(state), BUFFER);
    used = 0;
  }
  store<u32>(state, used + 1, RNG_USED);
  return load<u32>(state + ((<usize>used) << 2), BUFFER);
}

export function rngBelow(state: usize, bound: u32): u32 {
  // Lemire's multiply-shift; the threshold (2^32 - bound) % bound is needed only when the low word is small
  let product = <u64>rngU32(state) * <u64>bound;
  let low = <u32>product;
  if (low < bound) {
    const threshold: u32 = (0 - bound) % bound;
    while (low < threshold) {
      product = <u64>rngU32(state) * <u64>bound;
      low = <u32>product;
    }
  }
  return <u32>(product >> 32);
}

export function rngUniform(state: usize): f64 {
  const high = <u64>rngU32(state);
  const low = <u64>rngU32(state);
  return <f64>(((high << 32) | low) >> 11) * 1.1102230246251565e-16; // 2^-53
}

export function rngNormal(state: usize): f64 {
  // Box and Muller 1958, the cosine branch only: a state that kept the sine branch would depend on the call's parity
  const radius = sqrt(-2 * log(1 - rngUniform(state))); // 1 - u is in (0, 1]
  return radius * cosTurns(rngUniform(state));
}

export function rngUniforms(n: usize, state: usize, out: usize): void {
  for (let i: usize = 0; i < n; ++i) store<f64>(out + (i << 3), rngUniform(state));
}

export function rngNormals(n: usize, state: usize, out: usize): void {
  for (let i: usize = 0; i < n; ++i) store<f64>(out + (i << 3), rngNormal(state));
}
