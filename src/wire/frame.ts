/**
 * Run frames: the messages inside a run, after a hello that fixed version, method, specs, d and n.
 *
 *   u8   kind (bits 0..2) | lengths flag (bit 3) | exchange (bits 4..7; 15: the exchange follows as a varint)
 *   u8   run (bits 0..5) | selection flag (bit 6) | absence flag (bit 7)
 *   varint round, varint sender (0 server, i + 1 worker i), [varint exchange]
 *   [bitmap of n bits: the workers asked to reply]       with the selection flag
 *   [bitmap of n bits: the workers whose last reply was not applied]  with the absence flag
 *   parts
 *   [u32 lengths of the variable parts before the last part, u8 their number]  with the lengths flag
 *   u64  digest of the sender's state before this frame
 *   u64  XXH64 of everything before
 *
 * A part of fixed length (dense vector, scalar, payload with `fixedBytes`) carries no length, and neither does the last
 * part, so a frame with one part has at most 24 bytes of framing (round < 2^28, sender < 2^14).
 * Parts start at a 16-byte boundary of the arena; the header stands right before them.
 */
import { Bytes, elementBytes, Vec } from "../../bindings/arena.ts";
import type { Compressor, Ops, Part, Reader, Rng, Turn, Writer } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";

export enum Kind {
  Down = 0,
  Up = 1,
  Private = 2,
  Welcome = 3,
  Resync = 4,
  Peer = 5,
  Control = 6,
  Tick = 7,
}

/** The server's number as a sender. */
export const FROM_SERVER = -1;
const TRAILER = 16;
const MAX_PARTS = 255;

/** A 64-bit hash chain in the arena: equal chains have absorbed the same frames. */
export class Chain {
  readonly ptr: number;
  readonly #ops: Ops;

  constructor(ops: Ops, memory: Bytes = ops.bytes(16)) {
    this.#ops = ops;
    this.ptr = memory.ptr;
  }

  /** Moves the chain by the 8 bytes (a frame's hash) at `ptr`. */
  absorb(ptr: number): void {
    this.#ops.kernels.move(8, ptr, this.ptr + 8);
    this.#ops.kernels.xxh64(this.ptr, 16, 0, 0, this.ptr);
  }

  /** Sets it to the 8 bytes at `ptr`. */
  set(ptr: number): void {
    this.#ops.kernels.move(8, ptr, this.ptr);
  }

  reset(): void {
    const { data } = this.#ops.arena;
    data.setUint32(this.ptr, 0, true);
    data.setUint32(this.ptr + 4, 0, true);
  }

  /** out (8 bytes) = hash of this chain and another. */
  with(other: Chain, out: Bytes): void {
    this.#ops.kernels.move(8, other.ptr, this.ptr + 8);
    this.#ops.kernels.xxh64(this.ptr, 16, 0, 0, out.ptr);
  }
}

/** What the header says besides the turn. */
export interface FrameHead {
  kind: Kind;
  run: number;
  round: number;
  exchange: number;
  sender: number;
}

class SentPart implements Part {
  compressor!: Compressor;
  offset = 0;
  bytes = 0;
  readonly #writer: FrameWriter;

  constructor(writer: FrameWriter) {
    this.#writer = writer;
  }

  addTo(scale: number, acc: Vec): void {
    this.#writer.addPart(this, scale, acc);
  }
}

export class FrameWriter implements Writer {
  /** Bytes of parts in the last frame, and of everything else. */
  payloadBytes = 0;
  framingBytes = 0;
  /** Where the last frame's hash stands. */
  hashPtr = 0;
  /** Share of the local work after which the last frame may leave. */
  sentAt = 1;
  readonly #ops: Ops;
  readonly #rng: Rng;
  readonly #head: number;
  readonly #cursor: Bytes;
  readonly #frame: Bytes;
  readonly #parts: SentPart[] = [];
  readonly #lengths: number[] = [];
  #buffer: Bytes;
  #used = 0;
  #partCount = 0;
  #openLength = -1;
  #turn: Turn = { round: 0, exchange: 0 };
  #kind = Kind.Down;
  #run = 0;
  #sender = 0;
  #selected: Uint8Array | undefined;
  #absent: Uint8Array | undefined;

  /** @param rng the sender's streams: part p of a turn draws from (seed, node, round, exchange, p) */
  constructor(ops: Ops, rng: Rng, nodes: number, capacity = 256) {
    this.#ops = ops;
    this.#rng = rng;
    this.#head = (32 + 2 * ((nodes + 7) >> 3) + 15) & ~15;
    this.#buffer = ops.bytes(this.#head + capacity + TRAILER);
    this.#cursor = new Bytes(ops.arena, 0, 0);
    this.#frame = new Bytes(ops.arena, 0, 0);
  }

  begin(kind: Kind, run: number, turn: Turn, sender: number, selected?: Uint8Array, absent?: Uint8Array): this {
    this.#kind = kind;
    this.#run = run;
    this.#turn = turn;
    this.#sender = sender + 1; // 0 on the wire is the server
    this.#selected = selected;
    this.#absent = absent;
    this.#used = 0;
    this.#partCount = 0;
    this.#lengths.length = 0;
    this.#openLength = -1;
    this.payloadBytes = 0;
    this.sentAt = 1;
    this.#rng.at(turn.round, turn.exchange);
    return this;
  }

  put(compressor: Compressor, x: Vec): Part {
    const at = this.#need(compressor.maxBytes);
    const rng = this.#rng.part(this.#partCount);
    const bytes = compressor.encode(x, rng, this.#cursor.at(at, compressor.maxBytes));
    this.#parts[this.#partCount] ??= new SentPart(this);
    const part = this.#parts[this.#partCount]!;
    part.compressor = compressor;
    part.offset = this.#used;
    part.bytes = bytes;
    this.#add(bytes, compressor.fixedBytes !== true);
    return part;
  }

  dense(x: Vec): void {
    const bytes = x.length * elementBytes(x.dtype);
    const at = this.#need(bytes);
    this.#ops.kernels.move(bytes, x.ptr, at);
    this.#add(bytes, false);
  }

  scalar(value: number): void {
    this.#ops.arena.data.setFloat64(this.#need(8), value, true);
    this.#add(8, false);
  }

  /** Bytes as they are, of a length both sides know. */
  raw(bytes: Uint8Array): void {
    const at = this.#need(bytes.length);
    this.#ops.arena.u8.set(bytes, at);
    this.#add(bytes.length, true);
  }

  sendAt(step: number, steps: number): void {
    if (!(step >= 0 && step <= steps)) throw new RangeError(`sendAt: step must be in 0..${steps}, got ${step}`);
    this.sentAt = steps === 0 ? 1 : step / steps;
  }

  addPart(part: SentPart, scale: number, acc: Vec): void {
    const at = this.#buffer.ptr + this.#head + part.offset;
    part.compressor.addTo(this.#cursor.at(at, part.bytes), scale, acc);
  }

  /** Closes the frame. The view is valid until the next `begin`. */
  finish(digestPtr: number): Uint8Array {
    const { kernels, arena } = this.#ops;
    const lengths = this.#lengths.length;
    let end = this.#need(4 * lengths + 1 + TRAILER);
    const { u8, data } = arena;
    if (lengths > 0) {
      for (let i = 0; i < lengths; ++i, end += 4) data.setUint32(end, this.#lengths[i]!, true);
      u8[end++] = lengths;
    }
    kernels.move(8, digestPtr, end);
    const from = this.#header(u8, lengths > 0);
    this.hashPtr = end + 8;
    kernels.xxh64(from, this.hashPtr - from, 0, 0, this.hashPtr);
    const length = this.hashPtr + 8 - from;
    this.framingBytes = length - this.payloadBytes;
    return this.#frame.at(from, length).view;
  }

  /** Writes the header so that it ends where the parts begin; returns its start. */
  #header(u8: Uint8Array, hasLengths: boolean): number {
    const { round, exchange } = this.#turn;
    const wide = exchange >= 15;
    const selected = this.#selected;
    const absent = this.#absent;
    const size =
      2 +
      varintBytes(round) +
      varintBytes(this.#sender) +
      (wide ? varintBytes(exchange) : 0) +
      (selected?.length ?? 0) +
      (absent?.length ?? 0);
    const from = this.#buffer.ptr + this.#head - size;
    u8[from] = this.#kind | (hasLengths ? 8 : 0) | ((wide ? 15 : exchange) << 4);
    u8[from + 1] = (this.#run & 63) | (selected ? 64 : 0) | (absent ? 128 : 0);
    let at = putVarint(u8, from + 2, round);
    at = putVarint(u8, at, this.#sender);
    if (wide) at = putVarint(u8, at, exchange);
    if (selected) {
      u8.set(selected, at);
      at += selected.length;
    }
    if (absent) u8.set(absent, at);
    return from;
  }

  #add(bytes: number, variable: boolean): void {
    if (this.#openLength >= 0) this.#lengths.push(this.#openLength);
    this.#openLength = variable ? bytes : -1;
    this.#used += bytes;
    this.payloadBytes += bytes;
    this.#partCount += 1;
    if (this.#partCount > MAX_PARTS) throw new RangeError(`frame: at most ${MAX_PARTS} parts, got ${this.#partCount}`);
  }

  /** Room for `bytes` more, growing the buffer in the first rounds. Returns the address. */
  #need(bytes: number): number {
    const top = this.#head + this.#used + bytes;
    if (top + TRAILER > this.#buffer.length) {
      const larger = this.#ops.bytes(Math.max(2 * this.#buffer.length, top + 1024));
      this.#ops.kernels.move(this.#head + this.#used, this.#buffer.ptr, larger.ptr);
      this.#buffer = larger;
    }
    return this.#buffer.ptr + this.#head + this.#used;
  }
}

export class FrameReader implements Reader, FrameHead {
  /** Of the payload read so far, the bytes of compressors: what remains are dense vectors and scalars. */
  compressedBytes = 0;
  kind = Kind.Down;
  run = 0;
  round = 0;
  exchange = 0;
  sender = 0;
  payloadBytes = 0;
  framingBytes = 0;
  digestPtr = 0;
  hashPtr = 0;
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #bitmapBytes: number;
  readonly #limit: number;
  readonly #cursor: Bytes;
  readonly #digest: Bytes;
  readonly #vectors: { handle: Vec; spare: Vec | undefined }[] = [];
  #inbox: Bytes | undefined;
  #vectorCount = 0;
  #at = 0;
  #end = 0;
  #lengthsAt = 0;
  #lengthsLeft = 0;
  #hasLengths = false;
  #selectedAt = 0;
  #absentAt = 0;

  /** @param limit the longest frame that this receiver expects, in bytes */
  constructor(ops: Ops, dim: number, nodes: number, limit: number) {
    this.#ops = ops;
    this.#dim = dim;
    this.#bitmapBytes = (nodes + 7) >> 3;
    this.#limit = limit;
    this.#cursor = new Bytes(ops.arena, 0, 0);
    this.#digest = ops.bytes(8);
  }

  /**
   * Takes a frame: in place when it lies in this arena, else by one copy. Nothing is believed before the hash agrees.
   * @throws WireError
   */
  open(frame: Uint8Array): this {
    if (frame.length < 4 + TRAILER)
      throw new WireError("truncated", `frame: at least ${4 + TRAILER} bytes, got ${frame.length}`);
    if (frame.length > this.#limit)
      throw new WireError("dim", `frame: at most ${this.#limit} bytes, got ${frame.length}`);
    const headBytes = this.#head(frame);
    const { arena, kernels } = this.#ops;
    let from = frame.byteOffset;
    if (frame.buffer !== arena.buffer) {
      const room = frame.length + 48;
      if (this.#inbox === undefined || this.#inbox.length < room) this.#inbox = this.#ops.bytes(Math.max(room, 512));
      from = this.#inbox.ptr + 32 + ((16 - (headBytes & 15)) & 15) - 16;
      arena.u8.set(frame, from);
    }
    this.hashPtr = from + frame.length - 8;
    this.digestPtr = this.hashPtr - 8;
    kernels.xxh64(from, frame.length - 8, 0, 0, this.#digest.ptr);
    if (!this.equal(this.#digest.ptr, this.hashPtr))
      throw new WireError("hash", "frame: damaged, the hash does not agree");
    this.#at = from + headBytes;
    this.#end = this.digestPtr;
    this.#selectedAt += from - frame.byteOffset;
    this.#absentAt += from - frame.byteOffset;
    this.#trailer();
    this.#vectorCount = 0;
    this.compressedBytes = 0;
    this.payloadBytes = this.#end - this.#at;
    this.framingBytes = frame.length - this.payloadBytes;
    return this;
  }

  /** Whether the 8 bytes at two addresses agree. */
  equal(a: number, b: number): boolean {
    const { data } = this.#ops.arena;
    return (
      data.getUint32(a, true) === data.getUint32(b, true) && data.getUint32(a + 4, true) === data.getUint32(b + 4, true)
    );
  }

  /** Whether this frame asks `worker` to reply. */
  selects(worker: number): boolean {
    return this.#selectedAt < 0 || this.#bit(this.#selectedAt, worker);
  }

  /** Whether the last reply of `worker` was applied. */
  applied(worker: number): boolean {
    return this.#absentAt < 0 || !this.#bit(this.#absentAt, worker);
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
    const slot = this.#vectorCount++;
    let held = this.#vectors[slot];
    if (held === undefined || held.handle.length !== n) {
      held = { handle: new Vec(this.#ops.arena, at & ~7, n, this.#ops.dtype), spare: undefined };
      this.#vectors[slot] = held;
    }
    if (at % size !== 0) {
      held.spare ??= this.#ops.vec(n);
      this.#ops.kernels.move(n * size, at, held.spare.ptr);
    }
    const out = held.handle.at(at % size === 0 ? at : held.spare!.ptr);
    if (this.#ops.typed.firstNonFinite(n, out.ptr) >= 0)
      throw new WireError("value", "dense vector: an entry is not finite");
    return out;
  }

  scalar(): number {
    const value = this.#ops.arena.data.getFloat64(this.#take(8, "scalar"), true);
    if (!Number.isFinite(value)) throw new WireError("value", `scalar: must be finite, got ${value}`);
    return value;
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

  /** Reads the header; returns its length. */
  #head(frame: Uint8Array): number {
    const end = frame.length - TRAILER;
    const first = frame[0]!;
    const second = frame[1]!;
    this.kind = first & 7;
    this.#hasLengths = (first & 8) !== 0;
    this.run = second & 63;
    varintAt = 2;
    this.round = getVarint(frame, end);
    this.sender = getVarint(frame, end) - 1;
    this.exchange = first >> 4 === 15 ? getVarint(frame, end) : first >> 4;
    let at = varintAt;
    this.#selectedAt = -1e15;
    this.#absentAt = -1e15;
    if (second & 64) {
      this.#selectedAt = frame.byteOffset + at;
      at += this.#bitmapBytes;
    }
    if (second & 128) {
      this.#absentAt = frame.byteOffset + at;
      at += this.#bitmapBytes;
    }
    if (at > end) throw new WireError("truncated", "frame: the header is cut off");
    return at;
  }

  #trailer(): void {
    this.#lengthsLeft = 0;
    if (!this.#hasLengths) return;
    const left = this.#end - this.#at;
    const count = left > 0 ? this.#ops.arena.u8[this.#end - 1]! : 0;
    if (count === 0 || left < 4 * count + 1) throw new WireError("truncated", "frame: the list of lengths is cut off");
    this.#end -= 4 * count + 1;
    this.#lengthsAt = this.#end;
    this.#lengthsLeft = count;
  }
}

function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

function putVarint(u8: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    u8[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  u8[at++] = value;
  return at;
}

/** Where `getVarint` reads next: one number instead of an object per read. */
let varintAt = 0;

function getVarint(frame: Uint8Array, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (varintAt >= end) throw new WireError("truncated", "frame: a number is cut off");
    const byte = frame[varintAt++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      if (byte === 0 && shift > 0) throw new WireError("value", "frame: a number is not written in the shortest form");
      if (value > 0xffffffff) throw new WireError("value", "frame: a number exceeds 32 bits");
      return value;
    }
  }
  throw new WireError("value", "frame: a number exceeds 32 bits");
}
