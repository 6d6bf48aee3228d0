/** Reads run frames (layout: frame.ts); nothing is believed before the hash agrees. */
import { Bytes, elementBytes, Vec } from "../../bindings/arena.ts";
import type { Compressor, Ops, Reader } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { equal8 } from "./chain.ts";
import { readHeader } from "./header.ts";
import { Kind } from "./kind.ts";

export class FrameReader implements Reader {
  kind = Kind.Down;
  run = 0;
  round = 0;
  exchange = 0;
  /** -1 the server, i worker i. */
  sender = 0;
  payloadBytes = 0;
  framingBytes = 0;
  /** Of the payload read so far, the bytes of compressors: what remains are dense vectors and scalars. */
  compressedBytes = 0;
  /** The longest frame that this receiver expects, in bytes: bounds what a frame can make it allocate. */
  limit: number;
  /** What stands for the iterate where it does not come as it is: then whoever set it reads that part. */
  twin: Vec | undefined;
  digestPtr = 0;
  hashPtr = 0;
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #nodes: number;
  readonly #cursor: Bytes;
  readonly #hash: Bytes;
  readonly #vectors: DenseSlot[] = [];
  /** Where foreign frames are copied to: the last good one, and the one being looked at. */
  #inbox: Bytes | undefined;
  #candidate: Bytes | undefined;
  #vectorCount = 0;
  #at = 0;
  #end = 0;
  #lengthsAt = 0;
  #lengthsLeft = 0;
  #selectedAt = 0;
  #absentAt = 0;

  constructor(ops: Ops, dim: number, nodes: number, limit: number) {
    this.#ops = ops;
    this.#dim = dim;
    this.#nodes = nodes;
    this.limit = limit;
    this.#cursor = new Bytes(ops.arena, 0, 0);
    this.#hash = ops.bytes(8);
  }

  /**
   * Takes a frame: in place when it lies in this arena, else by one copy.
   * @throws WireError; the reader still holds the frame before then
   */
  open(frame: Uint8Array): this {
    if (frame.length > this.limit)
      throw new WireError("dim", `frame: at most ${this.limit} bytes, got ${frame.length}`);
    const header = readHeader(frame, this.#nodes);
    const { length } = frame;
    const local = frame.buffer === this.#ops.arena.buffer;
    const from = local ? frame.byteOffset : this.#copy(frame, header.bytes);
    const hash = from + length - 8;
    this.#ops.kernels.xxh64(from, length - 8, 0, 0, this.#hash.ptr);
    if (!equal8(this.#ops, this.#hash.ptr, hash))
      throw new WireError("hash", "frame: damaged, the hash does not agree");
    const at = from + header.bytes;
    let end = hash - 8;
    const lengths = header.hasLengths ? this.#countLengths(at, end) : 0;
    if (lengths > 0) end -= 4 * lengths + 1;
    if (!local) [this.#inbox, this.#candidate] = [this.#candidate, this.#inbox];
    this.kind = header.kind;
    this.run = header.run;
    this.round = header.round;
    this.exchange = header.exchange;
    this.sender = header.sender - 1;
    this.#selectedAt = header.selectedAt === 0 ? 0 : from + header.selectedAt;
    this.#absentAt = header.absentAt === 0 ? 0 : from + header.absentAt;
    this.hashPtr = hash;
    this.digestPtr = hash - 8;
    this.#at = at;
    this.#end = end;
    this.#lengthsAt = end;
    this.#lengthsLeft = lengths;
    this.#vectorCount = 0;
    this.compressedBytes = 0;
    this.payloadBytes = end - at;
    this.framingBytes = length - this.payloadBytes;
    return this;
  }

  /** Copies a foreign frame so that its parts start at a 16-byte boundary; returns its address. */
  #copy(frame: Uint8Array, headBytes: number): number {
    const room = frame.length + 16;
    if (this.#candidate === undefined || this.#candidate.length < room) {
      this.#candidate = this.#ops.bytes(Math.max(2 * room, 512)); // doubled: the arena takes nothing back
    }
    const from = this.#candidate.ptr + (-headBytes & 15);
    this.#ops.arena.u8.set(frame, from);
    return from;
  }

  #countLengths(at: number, end: number): number {
    const count = end > at ? this.#ops.arena.u8[end - 1]! : 0;
    if (count === 0 || end - at < 4 * count + 1) {
      throw new WireError("truncated", "frame: the list of lengths is cut off");
    }
    return count;
  }

  /** Whether this frame asks `worker` to reply. */
  selects(worker: number): boolean {
    return this.#selectedAt === 0 || this.#bit(this.#selectedAt, worker);
  }

  /** Whether the last reply of `worker` was applied. */
  applied(worker: number): boolean {
    return this.#absentAt === 0 || !this.#bit(this.#absentAt, worker);
  }

  get more(): boolean {
    return this.#at < this.#end;
  }

  addTo(compressor: Compressor, scale: number, acc: Vec): void {
    const bytes = compressor.fixedBytes ? compressor.maxBytes : this.#variable();
    const at = this.#take(bytes, compressor.spec);
    compressor.addTo(this.#cursor.at(at, bytes), scale, acc);
    this.compressedBytes += bytes;
  }

  dense(n: number = this.#dim): Vec {
    const size = elementBytes(this.#ops.dtype);
    const at = this.#take(n * size, "dense vector");
    if (this.#vectors.length === this.#vectorCount) this.#vectors.push(new DenseSlot(this.#ops));
    const out = this.#vectors[this.#vectorCount++]!.hold(n, at);
    if (this.#ops.typed.firstNonFinite(n, out.ptr) >= 0)
      throw new WireError("value", "dense vector: an entry is not finite");
    return out;
  }

  model(): Vec {
    return this.twin ?? this.dense();
  }

  scalar(): number {
    const value = this.#ops.arena.data.getFloat64(this.#take(8, "scalar"), true);
    if (!Number.isFinite(value)) throw new WireError("value", `scalar: must be finite, got ${value}`);
    return value;
  }

  /** The address of 8 bytes as written by `FrameWriter.bytes8`. */
  bytes8(): number {
    return this.#take(8, "chain");
  }

  /** Bytes as written by `FrameWriter.raw`, as a copy. */
  raw(): Uint8Array {
    const bytes = this.#variable();
    const at = this.#take(bytes, "bytes");
    return this.#ops.arena.u8.slice(at, at + bytes);
  }

  /** @throws WireError if a part was not read */
  done(): void {
    if (this.#at !== this.#end || this.#lengthsLeft !== 0) {
      throw new WireError("trailing", `frame: ${this.#end - this.#at} bytes of parts were not expected`);
    }
  }

  #bit(at: number, i: number): boolean {
    return ((this.#ops.arena.u8[at + (i >> 3)]! >> (i & 7)) & 1) === 1;
  }

  #take(bytes: number, what: string): number {
    const at = this.#at;
    if (bytes > this.#end - at) {
      throw new WireError("truncated", `frame: ${what} needs ${bytes} bytes, ${this.#end - at} are left`);
    }
    this.#at = at + bytes;
    return at;
  }

  #variable(): number {
    if (this.#lengthsLeft === 0) return this.#end - this.#at;
    const bytes = this.#ops.arena.data.getUint32(this.#lengthsAt, true);
    this.#lengthsAt += 4;
    this.#lengthsLeft -= 1;
    return bytes;
  }
}

/** The handle for one dense part of a frame: on the frame itself, or on a copy where the part is not aligned. */
class DenseSlot {
  readonly #ops: Ops;
  #handle: Vec | undefined;
  #copy: Bytes | undefined;

  constructor(ops: Ops) {
    this.#ops = ops;
  }

  hold(n: number, at: number): Vec {
    const { arena, dtype, kernels } = this.#ops;
    const size = elementBytes(dtype);
    if (this.#handle === undefined || this.#handle.length !== n) this.#handle = new Vec(arena, 0, n, dtype);
    if (at % size === 0) return this.#handle.at(at);
    if (this.#copy === undefined || this.#copy.length < n * size) this.#copy = arena.bytes(n * size);
    kernels.move(n * size, at, this.#copy.ptr);
    return this.#handle.at(this.#copy.ptr);
  }
}

/** Keeps one foreign or passing frame at a time, for a receiver that opens it later. Allocates while it grows only. */
export class Inbox {
  readonly #ops: Ops;
  #memory: Bytes;
  readonly #frame: Bytes;

  constructor(ops: Ops) {
    this.#ops = ops;
    this.#memory = ops.bytes(0);
    this.#frame = new Bytes(ops.arena, 0, 0);
  }

  hold(frame: Uint8Array): void {
    const { arena, kernels } = this.#ops;
    const { length, byteOffset } = frame;
    const local = frame.buffer === arena.buffer;
    if (this.#memory.length < length + 16) this.#memory = arena.bytes(2 * length + 16);
    const to = this.#memory.ptr + (byteOffset & 15); // keeps aligned parts aligned
    if (local) kernels.move(length, byteOffset, to);
    else arena.u8.set(frame, to);
    this.#frame.at(to, length);
  }

  /** The frame held last; valid until the next `hold` or growth of the memory. */
  get frame(): Uint8Array {
    return this.#frame.view;
  }
}
