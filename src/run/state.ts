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
  /** Restored entries that the node has not asked for yet. */
  readonly #waiting = new Map<string, Uint8Array>();
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
    const restored = this.#waiting.get(key);
    if (restored && restored.length !== bytes) {
      throw new RangeError(`state: "${key}" was restored with ${restored.length} bytes, asked for with ${bytes}`);
    }
    const handle = make();
    if (restored) this.#ops.arena.u8.set(restored, handle.ptr!);
    this.#waiting.delete(key);
    this.#entries.set(key, { ptr: handle.ptr!, bytes, handle });
    this.#bytes += bytes;
    return handle;
  }

  /** Copies the bytes of every entry into `into`, or into larger memory, which is returned. */
  keep(into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const out = into.length === this.#bytes ? into : new Uint8Array(this.#bytes);
    const { u8 } = this.#ops.arena;
    let at = 0;
    for (const { ptr, bytes } of this.#entries.values()) {
      out.set(u8.subarray(ptr, ptr + bytes), at);
      at += bytes;
    }
    return out;
  }

  /** Puts back what `keep` copied; entries that came since are zeroed. */
  take(kept: Uint8Array): void {
    const { u8 } = this.#ops.arena;
    let at = 0;
    for (const { ptr, bytes } of this.#entries.values()) {
      if (at < kept.length) u8.set(kept.subarray(at, at + bytes), ptr);
      else u8.fill(0, ptr, ptr + bytes);
      at += bytes;
    }
  }

  /** Every entry: u16 length of the name, name, u32 length, bytes. */
  snapshot(): Uint8Array {
    const { u8 } = this.#ops.arena;
    const entries: [name: Uint8Array, content: Uint8Array][] = [];
    for (const [key, { ptr, bytes }] of this.#entries)
      entries.push([encoder.encode(key), u8.subarray(ptr, ptr + bytes)]);
    for (const [key, content] of this.#waiting) entries.push([encoder.encode(key), content]);
    const out = new Uint8Array(entries.reduce((sum, [name, content]) => sum + 6 + name.length + content.length, 0));
    const view = new DataView(out.buffer);
    let at = 0;
    for (const [name, content] of entries) {
      view.setUint16(at, name.length, true);
      out.set(name, at + 2);
      view.setUint32(at + 2 + name.length, content.length, true);
      out.set(content, at + 6 + name.length);
      at += 6 + name.length + content.length;
    }
    return out;
  }

  /**
   * Takes a snapshot. It must hold every entry that exists here; others wait until the node asks for them.
   * @throws WireError; nothing has changed then
   */
  restore(snapshot: Uint8Array): void {
    const found = parse(snapshot);
    for (const [key, { bytes }] of this.#entries) {
      const content = found.get(key);
      if (content?.length !== bytes) {
        throw new WireError("value", `state: "${key}" must have ${bytes} bytes, got ${content?.length ?? "none"}`);
      }
    }
    const { u8 } = this.#ops.arena;
    this.#waiting.clear();
    for (const [key, content] of found) {
      const held = this.#entries.get(key);
      if (held) u8.set(content, held.ptr);
      else this.#waiting.set(key, content.slice());
    }
  }
}

const encoder = new TextEncoder();

function parse(snapshot: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
  const found = new Map<string, Uint8Array>();
  const need = (at: number, bytes: number) => {
    if (at + bytes > snapshot.length) throw new WireError("truncated", `state: ends within an entry, at byte ${at}`);
    return at + bytes;
  };
  let at = 0;
  while (at < snapshot.length) {
    const name = need(at, 2);
    const length = need(name, view.getUint16(at, true));
    const content = need(length, 4);
    const key = new TextDecoder().decode(snapshot.subarray(name, length));
    at = need(content, view.getUint32(length, true));
    if (found.has(key)) throw new WireError("value", `state: "${key}" is there twice`);
    found.set(key, snapshot.subarray(content, at));
  }
  return found;
}
