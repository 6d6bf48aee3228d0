/**
 * One compressor with the memory for its messages: writes messages from vectors and reads them back. What is kept
 * between messages beyond their number (errors, shifts) belongs to the callers.
 */
import { Bytes, type Vec } from "../../bindings/arena.ts";
import type { Dtype, Kernels } from "../../bindings/kernels.ts";
import { Ops } from "../../bindings/ops.ts";
import { createFromSpec, findFactory, parseSpec, type Registry } from "../compressors/spec.ts";
import type { Compressor } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import {
  checkEnvelope,
  DIGEST,
  F64,
  type Fields,
  messageHead,
  readFields,
  trailerBytes,
  UNHASHED,
  WORD,
} from "../wire/message.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";
import type { Hasher } from "./hasher.ts";
import { Remembered } from "./remembered.ts";

/** What all channels of one library have in common. */
export interface ChannelHost {
  /** Makes a fresh instance of the backend. */
  readonly kernels: () => Kernels;
  readonly compressors: Registry;
  /** For messages too long for a channel, which are hashed only to be refused. */
  readonly hasher: Hasher;
}

export interface ChannelSettings extends ChannelHost {
  readonly spec: string;
  readonly dim: number;
  readonly dtype: Dtype;
  readonly seed: bigint;
  readonly node: number;
  readonly hash: boolean;
  readonly matrix?: Float64Array;
}

/** Messages that one (seed, node) can number. */
export const MAX_MESSAGES = 2 ** 32;

export class Channel {
  readonly ops: Ops;
  readonly compressor: Compressor;
  /** What the compressor keeps from message to message; empty for nearly all. */
  readonly remembered: Remembered;
  readonly wireId: number;
  /** Longest message in bytes. */
  readonly maxBytes: number;
  /** Messages written; the next one draws from round `messages` of (seed, node). */
  messages = 0;
  /** 8 bytes that messages carry as their state digest. */
  readonly chain: Bytes;
  readonly #settings: ChannelSettings;
  readonly #flags: number;
  readonly #head: Uint8Array;
  readonly #rng: Rng;
  readonly #payload: Bytes;
  readonly #hash: Bytes;
  readonly #cursor = new Cursor();
  /** Payloads are written here; the head is put right before, once the payload's length is known. */
  readonly #payloadPtr: number;
  /** Messages to read are copied here, so that the longest one's payload lies at `#payloadPtr`. */
  readonly #inboxPtr: number;
  readonly #inboxBytes: number;
  /** Aligned room for a message on its way out; 0 where none is needed. */
  readonly #outbox: number;
  #from = 0;
  #length = 0;
  #digestPtr = 0;

  /** @throws UsageError for a spec that names nothing, RangeError for option values and sizes */
  constructor(settings: ChannelSettings, digest = false) {
    const { dim, dtype, hash } = settings;
    this.#settings = settings;
    this.ops = new Ops(settings.kernels(), dtype);
    const { ops } = this;
    this.remembered = new Remembered(ops, dim);
    this.compressor = build(settings, ops, this.remembered);
    const { name } = parseSpec(this.compressor.spec);
    this.wireId = findFactory(settings.compressors, name).wireId;
    this.#flags = (dtype === "f64" ? F64 : 0) | (hash ? 0 : UNHASHED) | (digest ? DIGEST : 0);
    this.#head = messageHead(this.#flags, dim, this.wireId, this.compressor.spec.slice(name.length + 1));

    const longest = this.compressor.maxBytes;
    const front = this.#head.length + varintBytes(longest);
    // Engines copy between shared and other memory by words where both sides are aligned, else by bytes, at 3 GB/s: the
    // longest message begins aligned, and shorter ones are moved first
    const isShared = !(ops.arena.buffer instanceof ArrayBuffer);
    const room = isShared ? front : (front + 15) & ~15;
    const region = ops.bytes(room + longest + 2 * WORD);
    this.maxBytes = front + longest + trailerBytes(this.#flags);
    this.#payloadPtr = region.ptr + room;
    this.#inboxPtr = this.#payloadPtr - front;
    this.#inboxBytes = front + longest + 2 * WORD;
    this.#payload = new Bytes(ops.arena, this.#payloadPtr, 0);
    this.#outbox = isShared && !this.compressor.fixedBytes ? ops.bytes(this.maxBytes).ptr : 0;
    this.#hash = ops.bytes(WORD);
    this.chain = ops.bytes(WORD);
    this.#rng = new Rng(ops, settings.seed, settings.node);
  }

  get kernels(): Kernels {
    return this.ops.kernels;
  }

  /**
   * Writes the message of C(x) into the channel's memory and returns its length. Nothing is kept until `commit`.
   * @throws RangeError if x has an entry that is not finite, or all message numbers are used up
   */
  write(x: Vec): number {
    if (this.messages >= MAX_MESSAGES) {
      throw new RangeError(`encode: a seed and node number at most 2^32 messages, got number ${this.messages}`);
    }
    const { ops, compressor } = this;
    this.remembered.begin();
    const rng = this.#rng.at(this.messages, 0).part(0);
    const bytes = compressor.encode(x, rng, this.#payload.at(this.#payloadPtr, compressor.maxBytes));
    this.#payload.at(this.#payloadPtr, bytes);
    const from = this.#payloadPtr - this.#head.length - varintBytes(bytes);
    const { u8 } = ops.arena;
    u8.set(this.#head, from);
    writeVarint(u8, from + this.#head.length, bytes);
    let end = this.#payloadPtr + bytes;
    if (this.#flags & DIGEST) {
      ops.kernels.move(WORD, this.chain.ptr, end);
      end += WORD;
    }
    if (!(this.#flags & UNHASHED)) {
      ops.kernels.xxh64(from, end - from, 0, 0, this.#hash.ptr);
      ops.kernels.move(WORD, this.#hash.ptr, end);
      end += WORD;
    }
    this.#from = from;
    this.#length = end - from;
    return this.#length;
  }

  /** The written message is out: the next one has the next number. */
  commit(): void {
    this.messages += 1;
    this.remembered.commit();
  }

  /** The message in memory, as a copy. */
  copy(): Uint8Array<ArrayBuffer> {
    const from = this.#aligned();
    return this.ops.arena.u8.slice(from, from + this.#length);
  }

  /** Copies the message in memory into `buffer`. @throws RangeError if it is too short */
  copyInto(buffer: Uint8Array): void {
    if (buffer.length < this.#length) {
      throw new RangeError(
        `encodeInto: buffer must have at least ${this.#length} bytes for this message, got ${buffer.length}`,
      );
    }
    const from = this.#aligned();
    buffer.set(this.ops.arena.u8.subarray(from, from + this.#length));
  }

  #aligned(): number {
    if (this.#outbox === 0 || this.#from % WORD === 0) return this.#from;
    this.kernels.move(this.#length, this.#from, this.#outbox);
    return this.#outbox;
  }

  /** Whether `bytes` begin like a message of this compressor, dimension and type; says nothing of the rest. */
  recognises(bytes: Uint8Array): boolean {
    return bytes.length > this.#head.length && this.#sameHead(bytes, 0);
  }

  /**
   * Takes a message of this compressor. Its payload has the right place but is not checked yet: `addTo` does that.
   * @throws WireError
   */
  open(bytes: Uint8Array): void {
    this.remembered.drop();
    const flags = checkEnvelope(bytes);
    if (bytes.length > this.#inboxBytes) this.#refuseLong(bytes, flags);
    const from = this.#inboxPtr;
    const end = from + bytes.length;
    const { u8 } = this.ops.arena;
    u8.set(bytes, from);
    if (!(flags & UNHASHED)) {
      this.kernels.xxh64(from, bytes.length - WORD, 0, 0, this.#hash.ptr);
      if (!this.#equal(this.#hash.ptr, end - WORD)) throw damaged();
    }
    if (!this.#sameHead(u8, from)) this.#refuse(readFields(u8, from, end));
    const cursor = this.#cursor.over(u8, from + this.#head.length, end - trailerBytes(flags));
    const length = cursor.varint("message: payload length");
    const at = cursor.skip("message: payload", length);
    if (cursor.left > 0) throw new WireError("trailing", `message: ${cursor.left} bytes after the payload`);
    this.#payload.at(at, length);
    this.#digestPtr = flags & DIGEST ? cursor.end : 0;
    this.#from = from;
    this.#length = bytes.length;
  }

  /** acc += scale * C(x) of the message written or opened last. @throws WireError, acc unchanged */
  addTo(scale: number, acc: Vec): void {
    this.compressor.addTo(this.#payload, scale, acc);
  }

  /** @throws WireError unless the opened message carries the digest `chain` */
  requireDigest(): void {
    if (this.#digestPtr === 0) throw new WireError("digest", "message: carries no state digest, so no shift is known");
    if (!this.#equal(this.#digestPtr, this.chain.ptr)) {
      throw new WireError("digest", "message: sender and receiver have applied different messages");
    }
  }

  /** Moves the chain by the message in memory: chain = XXH64(message, seed chain). */
  absorb(): void {
    const { data } = this.ops.arena;
    const { ptr } = this.chain;
    this.kernels.xxh64(this.#from, this.#length, data.getUint32(ptr, true), data.getUint32(ptr + 4, true), ptr);
  }

  #equal(a: number, b: number): boolean {
    const { data } = this.ops.arena;
    return (
      data.getUint32(a, true) === data.getUint32(b, true) && data.getUint32(a + 4, true) === data.getUint32(b + 4, true)
    );
  }

  #sameHead(bytes: Uint8Array, from: number): boolean {
    const head = this.#head;
    if ((bytes[from + 3]! ^ head[3]!) & F64) return false;
    for (let i = 4; i < head.length; ++i) if (bytes[from + i] !== head[i]) return false;
    return true;
  }

  #refuseLong(bytes: Uint8Array, flags: number): never {
    if (!(flags & UNHASHED) && !this.#settings.hasher.agrees(bytes)) throw damaged();
    const fields = readFields(bytes, 0, bytes.length);
    if (!this.#sameHead(bytes, 0)) this.#refuse(fields);
    throw new WireError(
      "trailing",
      `message: payload has at most ${this.compressor.maxBytes} bytes, got ${fields.payloadBytes}`,
    );
  }

  #refuse({ dim, dtype, wireId, options }: Fields): never {
    const own = this.#settings;
    if (dim !== own.dim) throw new WireError("dim", `message: d must be ${own.dim}, got ${dim}`);
    if (dtype !== own.dtype) throw new WireError("spec", `message: dtype must be ${own.dtype}, got ${dtype}`);
    throw new WireError(
      "spec",
      `message: must be of ${this.compressor.spec} (compressor ${this.wireId}), got compressor ${wireId} with "${options}"`,
    );
  }
}

export const damaged = (): WireError => new WireError("hash", "message: damaged, the hash does not agree");

/** The compressor of a spec in the memory of `ops`. The sender's number is its worker number. */
function build({ compressors, spec, dim, node, matrix }: ChannelSettings, ops: Ops, state: Remembered): Compressor {
  ops.scratch.begin();
  const given = { ops, dim, worker: node, workers: node + 1, state, smoothness: () => matrix };
  return createFromSpec(compressors, spec, given);
}
