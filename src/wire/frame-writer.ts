/** Writes run frames (layout: frame.ts) in the arena. */
import { Bytes, elementBytes, type Vec } from "../../bindings/arena.ts";
import type { Compressor, Ops, Part, Rng, Turn, Writer } from "../core/contracts.ts";
import { TRAILER, WIDE } from "./header.ts";
import { Kind } from "./kind.ts";
import { varintBytes, writeVarint } from "./varint.ts";

const MAX_PARTS = 255;

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
  /** What puts the iterate into a broadcast where it does not go as it is. */
  link: { put(writer: FrameWriter, x: Vec): void } | undefined;
  /** The sender's streams: part p of a turn draws from (seed, node, round, exchange, p). */
  rng: Rng;
  readonly #ops: Ops;
  readonly #head: number;
  readonly #cursor: Bytes;
  readonly #frame: Bytes;
  readonly #parts: SentPart[] = [];
  /** Lengths of the variable parts that another part follows; the first `#lengthCount` are this frame's. */
  readonly #lengths: number[] = [];
  #buffer: Bytes;
  #used = 0;
  #partCount = 0;
  #lengthCount = 0;
  #openLength = -1;
  #round = 0;
  #exchange = 0;
  #kind = Kind.Down;
  #run = 0;
  #sender = 0;
  #selected: Uint8Array | undefined;
  #absent: Uint8Array | undefined;

  constructor(ops: Ops, rng: Rng, nodes: number, capacity = 256) {
    this.#ops = ops;
    this.rng = rng;
    this.#head = (32 + 2 * ((nodes + 7) >> 3) + 15) & ~15;
    this.#buffer = ops.bytes(this.#head + capacity + TRAILER);
    this.#cursor = new Bytes(ops.arena, 0, 0);
    this.#frame = new Bytes(ops.arena, 0, 0);
  }

  begin(kind: Kind, run: number, turn: Turn, sender: number, selected?: Uint8Array, absent?: Uint8Array): this {
    this.#kind = kind;
    this.#run = run;
    this.#round = turn.round;
    this.#exchange = turn.exchange;
    this.#sender = sender + 1; // 0 on the wire is the server
    this.#selected = selected;
    this.#absent = absent;
    this.#used = 0;
    this.#partCount = 0;
    this.#lengthCount = 0;
    this.#openLength = -1;
    this.payloadBytes = 0;
    this.sentAt = 1;
    this.rng.at(turn.round, turn.exchange);
    return this;
  }

  put(compressor: Compressor, x: Vec): Part {
    const at = this.#need(compressor.maxBytes);
    const rng = this.rng.part(this.#partCount);
    const bytes = compressor.encode(x, rng, this.#cursor.at(at, compressor.maxBytes));
    this.#parts[this.#partCount] ??= new SentPart(this);
    const part = this.#parts[this.#partCount]!;
    part.compressor = compressor;
    part.offset = this.#used;
    part.bytes = bytes;
    this.#add(bytes, compressor.fixedBytes !== true);
    return part;
  }

  /** @throws RangeError for entries that are not finite: a diverged run ends at the sender */
  dense(x: Vec): void {
    this.#ops.requireFinite("dense vector", x);
    const bytes = x.length * elementBytes(x.dtype);
    const at = this.#need(bytes);
    this.#ops.kernels.move(bytes, x.ptr, at);
    this.#add(bytes, false);
  }

  model(x: Vec): void {
    if (this.link) this.link.put(this, x);
    else this.dense(x);
  }

  scalar(value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`scalar: must be finite, got ${value}`);
    this.#ops.arena.data.setFloat64(this.#need(8), value, true);
    this.#add(8, false);
  }

  /** Bytes as they are, of a length both sides know. */
  raw(bytes: Uint8Array): void {
    const at = this.#need(bytes.length);
    this.#ops.arena.u8.set(bytes, at);
    this.#add(bytes.length, true);
  }

  /** The 8 bytes at `ptr`: a chain. */
  bytes8(ptr: number): void {
    this.#ops.kernels.move(8, ptr, this.#need(8));
    this.#add(8, false);
  }

  sendAt(step: number, steps: number): void {
    if (!(step >= 0 && step <= steps)) throw new RangeError(`sendAt: step must be in 0..${steps}, got ${step}`);
    this.sentAt = steps === 0 ? 1 : step / steps;
  }

  addPart(part: SentPart, scale: number, acc: Vec): void {
    const at = this.#buffer.ptr + this.#head + part.offset;
    part.compressor.addTo(this.#cursor.at(at, part.bytes), scale, acc);
  }

  /** The last frame. The view is valid until the next `begin`, and until the memory grows: do not keep it. */
  get frame(): Uint8Array {
    return this.#frame.view;
  }

  /** Closes the frame. */
  finish(digestPtr: number): Uint8Array {
    const { kernels, arena } = this.#ops;
    const lengths = this.#lengthCount;
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
    const round = this.#round;
    const exchange = this.#exchange;
    const wide = exchange >= WIDE;
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
    u8[from] = this.#kind | (hasLengths ? 8 : 0) | ((wide ? WIDE : exchange) << 4);
    u8[from + 1] = (this.#run & 63) | (selected ? 64 : 0) | (absent ? 128 : 0);
    let at = writeVarint(u8, from + 2, round);
    at = writeVarint(u8, at, this.#sender);
    if (wide) at = writeVarint(u8, at, exchange);
    if (selected) {
      u8.set(selected, at);
      at += selected.length;
    }
    if (absent) u8.set(absent, at);
    return from;
  }

  #add(bytes: number, variable: boolean): void {
    if (this.#openLength >= 0) this.#lengths[this.#lengthCount++] = this.#openLength;
    this.#openLength = variable ? bytes : -1;
    this.#used += bytes;
    this.payloadBytes += bytes;
    this.#partCount += 1;
    if (this.#partCount > MAX_PARTS) throw new RangeError(`frame: at most ${MAX_PARTS} parts`);
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
