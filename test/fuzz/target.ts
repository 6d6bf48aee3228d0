/** What a fuzzed decoder looks like to the loop that feeds it. */
import type { Ops } from "../../src/core/contracts.ts";
import { WireError } from "../../src/core/errors.ts";
import { broken } from "./canaries.ts";
import type { Dice } from "./mutate.ts";

export interface Counts {
  /** Mutants that were taken: they say something else, but well. */
  taken: number;
  refused: number;
}

export interface Target {
  readonly name: string;
  /** Feeds about `count` mutants. @throws Violation */
  play(dice: Dice, count: number): Counts | Promise<Counts>;
}

/** A decoder has done what none may do. */
export class Violation extends Error {
  override readonly name = "Violation";
}

export function violation(where: string, what: string, mutant: Uint8Array, cause?: unknown): Violation {
  const bytes = Buffer.from(mutant).toString("base64");
  return new Violation(`${where}: ${what}\n  mutant (base64): ${bytes}`, { cause });
}

/** Runs a decoder; whether it took the bytes. @throws Violation if it fails with anything but a WireError */
export function taken(where: string, mutant: Uint8Array, decode: () => void): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (error instanceof WireError || error instanceof Violation) {
      if (error instanceof Violation) throw error;
      return false;
    }
    throw violation(where, `threw ${String(error)}`, mutant, error);
  }
}

/** @throws Violation if a guard byte was overwritten, or the arena holds more than `bound` bytes */
export function checkArena(where: string, ops: Ops, bound: number, mutant: Uint8Array): void {
  const at = broken(ops.arena);
  if (at >= 0) throw violation(where, `stored out of bounds at ${at}`, mutant);
  if (ops.arena.used > bound) throw violation(where, `holds ${ops.arena.used} bytes, bound ${bound}`, mutant);
}

/** Puts the right hash at the end of a message or frame. */
export class Rehasher {
  readonly #ops: Ops;
  readonly #at: number;
  readonly #room: number;

  constructor(ops: Ops, room: number) {
    this.#ops = ops;
    this.#room = room;
    this.#at = ops.bytes(room + 8).ptr;
  }

  /** In place; bytes shorter than a hash or longer than the room stay as they are. */
  mend(bytes: Uint8Array): Uint8Array {
    const body = bytes.length - 8;
    if (body < 0 || bytes.length > this.#room) return bytes;
    const { arena, kernels } = this.#ops;
    arena.u8.set(bytes, this.#at);
    kernels.xxh64(this.#at, body, 0, 0, this.#at + body);
    bytes.set(arena.u8.subarray(this.#at + body, this.#at + body + 8), body);
    return bytes;
  }
}
