/** The memory of a node that outlives a turn, by name; written to and read from checkpoints as a whole. */
import type { Bytes, Vec } from "../../bindings/arena.ts";
import { elementBytes } from "../../bindings/arena.ts";
import type { Ops, Scalar, State } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";

type Entry = { ptr: number; bytes: number; handle: Vec | Bytes | Scalar };

export class NodeState implements State {
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(ops: Ops, dim: number) {
    this.#ops = ops;
    this.#dim = dim;
  }

  /** Bytes held: the memory column of a report. */
  get size(): number {
    return this.#bytes;
  }

  vec(name: string, n: number = this.#dim): Vec {
    return this.#entry(`vec ${name}`, n * elementBytes(this.#ops.dtype), () => this.#ops.vec(n)) as Vec;
  }

  bytes(name: string, n: number): Bytes {
    return this.#entry(`bytes ${name}`, n, () => this.#ops.bytes(n)) as Bytes;
  }

  scalar(name: string): Scalar {
    const { arena } = this.#ops;
    return this.#entry(`scalar ${name}`, 8, () => {
      const { ptr } = arena.bytes(8);
      return {
        ptr,
        get value() {
          return arena.data.getFloat64(ptr, true);
        },
        set value(value: number) {
          arena.data.setFloat64(ptr, value, true);
        },
      };
    }) as Scalar;
  }

  #entry(key: string, bytes: number, make: () => (Vec | Bytes | Scalar) & { ptr?: number }): Entry["handle"] {
    const held = this.#entries.get(key);
    if (held) {
      if (held.bytes !== bytes) {
        throw new RangeError(`state: "${key}" has ${held.bytes} bytes, asked for again with ${bytes}`);
      }
      return held.handle;
    }
    const handle = make();
    this.#entries.set(key, { ptr: handle.ptr!, bytes, handle });
    this.#bytes += bytes;
    return handle;
  }

  /** Everything, in the order it was first asked for: per entry u16 name length, name, u32 length, bytes. */
  snapshot(): Uint8Array {
    const { u8 } = this.#ops.arena;
    const names = [...this.#entries.keys()].map((name) => new TextEncoder().encode(name));
    const out = new Uint8Array(names.reduce((sum, name) => sum + 6 + name.length, this.#bytes));
    const view = new DataView(out.buffer);
    let at = 0;
    let i = 0;
    for (const { ptr, bytes } of this.#entries.values()) {
      const name = names[i++]!;
      view.setUint16(at, name.length, true);
      out.set(name, at + 2);
      view.setUint32(at + 2 + name.length, bytes, true);
      out.set(u8.subarray(ptr, ptr + bytes), at + 6 + name.length);
      at += 6 + name.length + bytes;
    }
    return out;
  }

  /** Takes a snapshot of a state with the same entries. @throws WireError; nothing has changed then */
  restore(snapshot: Uint8Array): void {
    const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
    const moves: [ptr: number, from: number, bytes: number][] = [];
    let at = 0;
    for (const [key, { ptr, bytes }] of this.#entries) {
      const name = new TextEncoder().encode(key);
      const from = at + 6 + name.length;
      if (from + bytes > snapshot.length) throw new WireError("truncated", `state: "${key}" is cut off`);
      const same =
        view.getUint16(at, true) === name.length &&
        name.every((byte, i) => snapshot[at + 2 + i] === byte) &&
        view.getUint32(at + 2 + name.length, true) === bytes;
      if (!same) throw new WireError("value", `state: expected "${key}" with ${bytes} bytes next`);
      moves.push([ptr, from, bytes]);
      at = from + bytes;
    }
    if (at !== snapshot.length) throw new WireError("trailing", `state: ${snapshot.length - at} bytes too many`);
    const { u8 } = this.#ops.arena;
    for (const [ptr, from, bytes] of moves) u8.set(snapshot.subarray(from, from + bytes), ptr);
  }
}
