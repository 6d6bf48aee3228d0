/** Codecs: vectors to messages and back, for callers who carry the bytes themselves. */
import type { Vec } from "../../bindings/arena.ts";
import type { Dtype } from "../../bindings/kernels.ts";
import type { Constants } from "../core/contracts.ts";
import { SETUP } from "../core/rng.ts";
import {
  type FloatArray,
  readSeed,
  requireBytes,
  requireInteger,
  requireMatrix,
  requireScale,
  requireVector,
} from "./arguments.ts";
import { Channel, type ChannelHost, type ChannelSettings, MAX_MESSAGES } from "./channel.ts";

export interface CodecOptions {
  /** 0..2^64-1. Message m draws from the stream (seed, node, m). Default 0. */
  readonly seed?: bigint | number;
  /** This sender, so that senders with one seed draw independently. Default 0. */
  readonly node?: number;
  /** Element type of the vectors; "f32" by default. */
  readonly dtype?: Dtype;
  /** false leaves out the 8 bytes of hash, for transports that check integrity themselves. Default true. */
  readonly hash?: boolean;
  /**
   * The smoothness matrix of the sender's function, for `smooth`: d numbers (diagonal) or d x d, row by row; the receiver
   * gives the same. It is copied.
   */
  readonly matrix?: ArrayLike<number>;
}

/** @throws TypeError, RangeError naming the option */
export function readSettings(spec: string, dim: number, options: CodecOptions, host: ChannelHost): ChannelSettings {
  const { seed = 0n, node = 0, dtype = "f32", hash = true, matrix, ...unknown } = options;
  for (const key of Object.keys(unknown)) {
    throw new RangeError(`codec: options are seed, node, dtype, hash, matrix, got "${key}"`);
  }
  if (typeof spec !== "string") throw new TypeError(`codec: spec must be a string, got ${typeof spec}`);
  if (dtype !== "f32" && dtype !== "f64") throw new RangeError(`codec: dtype must be f32 or f64, got ${String(dtype)}`);
  if (typeof hash !== "boolean") throw new TypeError(`codec: hash must be true or false, got ${String(hash)}`);
  requireInteger("codec: d", dim, 0, MAX_DIM[dtype]);
  requireInteger("codec: node", node, 0, SETUP - 1);
  const settings = { ...host, spec, dim, dtype, seed: readSeed(seed), node, hash };
  return matrix === undefined ? settings : { ...settings, matrix: requireMatrix(matrix, dim) };
}

/** A vector is at most 1 GiB, since a codec has several in 4 GiB of memory. */
export const MAX_DIM: Readonly<Record<Dtype, number>> = { f32: 2 ** 28, f64: 2 ** 27 };

/** What codecs, error feedbacks and shifted codecs share: a channel, and vectors that come in and go out. */
export abstract class Endpoint<V extends FloatArray> {
  protected readonly channel: Channel;
  protected readonly settings: ChannelSettings;
  readonly #input: Vec;
  readonly #accumulator: Vec;
  /** A caller's vector while it is worked on; between calls its content means nothing. */
  protected readonly work: Vec;

  protected constructor(settings: ChannelSettings, digest = false) {
    const channel = new Channel(settings, digest);
    this.settings = settings;
    this.channel = channel;
    // never touched pages of a Wasm memory take address space only, so unused vectors cost no memory
    this.#input = channel.ops.vec(settings.dim);
    this.#accumulator = channel.ops.vec(settings.dim);
    this.work = channel.ops.vec(settings.dim);
  }

  /** Canonical text of the compressor. */
  get spec(): string {
    return this.channel.compressor.spec;
  }

  get dim(): number {
    return this.settings.dim;
  }

  get dtype(): Dtype {
    return this.settings.dtype;
  }

  /** Longest message in bytes. */
  get maxBytes(): number {
    return this.channel.maxBytes;
  }

  /** E|C(x) - x|^2 <= omega |x|^2 and E C(x) = x; undefined where that does not hold. */
  get omega(): number | undefined {
    return this.channel.compressor.omega;
  }

  /** E|C(x) - x|^2 <= (1 - delta) |x|^2; undefined where that does not hold. */
  get delta(): number | undefined {
    return this.channel.compressor.delta;
  }

  get constants(): Constants {
    return this.channel.compressor.constants;
  }

  /** Messages encoded so far: the number of the next one. */
  get messages(): number {
    return this.channel.messages;
  }

  /** A vector in the core's memory: filled in place and passed to `encode`, it is not copied. */
  get input(): V {
    return this.#input.view as V;
  }

  /** A vector in the core's memory: `addTo` works on it in place, in time proportional to the message. */
  get accumulator(): V {
    return this.#accumulator.view as V;
  }

  /**
   * The message of a vector; a fresh copy that is the caller's.
   * @throws TypeError or RangeError for another vector than d entries of dtype, RangeError naming the first entry that
   *   is not finite; nothing has changed then, nor has the message number
   */
  encode(vector: V): Uint8Array<ArrayBuffer> {
    requireVector("encode: vector", vector, this.dtype, this.dim);
    this.compress(vector);
    const out = this.channel.copy();
    this.commit();
    return out;
  }

  /**
   * Writes the message into `buffer` and returns its length. Allocates nothing.
   * @throws as `encode`, and RangeError if the message does not fit (`maxBytes` always does)
   */
  encodeInto(vector: V, buffer: Uint8Array): number {
    requireBytes("encodeInto: buffer", buffer);
    requireVector("encodeInto: vector", vector, this.dtype, this.dim);
    const length = this.compress(vector);
    this.channel.copyInto(buffer);
    this.commit();
    return length;
  }

  /**
   * accumulator += scale * (the vector that `bytes` stand for).
   * @throws WireError for bytes that are no such message; the accumulator is unchanged then
   */
  addTo(bytes: Uint8Array, scale: number, accumulator: V): void {
    requireBytes("addTo: bytes", bytes);
    requireScale("addTo: scale", scale, this.dtype);
    requireVector("addTo: accumulator", accumulator, this.dtype, this.dim);
    this.channel.open(bytes);
    const own = this.own(accumulator);
    if (own) {
      this.apply(scale, own);
      return;
    }
    const { view } = this.work;
    view.set(accumulator);
    this.apply(scale, this.work);
    accumulator.set(view);
  }

  /** Puts the message of `vector` into the channel's memory and returns its length; changes nothing else. */
  protected abstract compress(vector: V): number;
  /** The message in memory is out: keeps what it changed. */
  protected abstract commit(): void;
  /** Applies the message in memory. */
  protected abstract apply(scale: number, accumulator: Vec): void;

  /** The handle of a vector of this endpoint, if `vector` is one. */
  protected own(vector: FloatArray): Vec | undefined {
    if (vector === this.#input.view) return this.#input;
    if (vector === this.#accumulator.view) return this.#accumulator;
    return undefined;
  }
}

const settingsOfCodec = new WeakMap<object, () => { settings: ChannelSettings; messages: number }>();

/** How a codec was made and how far it is. @throws TypeError for anything else */
export function origin(subject: string, codec: unknown): { settings: ChannelSettings; messages: number } {
  const read = typeof codec === "object" && codec !== null ? settingsOfCodec.get(codec) : undefined;
  if (!read) throw new TypeError(`${subject}: codec must be one that codec() returned, got ${String(codec)}`);
  return read();
}

/**
 * A compressor for vectors of one dimension and type, with memory of its own.
 *
 * @example
 * const codec = tw.codec("top-k:ratio=0.01", 1_000_000, { seed: 7n });
 * socket.send(codec.encode(gradient));
 * codec.addTo(received, 0.1, model);
 */
export class Codec<V extends FloatArray = Float32Array> extends Endpoint<V> {
  constructor(settings: ChannelSettings) {
    super(settings);
    settingsOfCodec.set(this, () => ({ settings: this.settings, messages: this.messages }));
  }

  /** C(x) of a message, as a new vector. @throws WireError */
  decode(bytes: Uint8Array): V {
    requireBytes("decode: bytes", bytes);
    this.channel.open(bytes);
    return decoded(this.channel, this.work) as V;
  }

  /** Makes `message` the number of the next message, to resume where an earlier codec stopped. */
  seek(message: number): void {
    requireInteger("seek: message", message, 0, MAX_MESSAGES - 1);
    this.channel.messages = message;
  }

  protected override compress(vector: V): number {
    const own = this.own(vector);
    if (!own) this.work.view.set(vector);
    return this.channel.write(own ?? this.work);
  }

  protected override commit(): void {
    this.channel.commit();
  }

  protected override apply(scale: number, accumulator: Vec): void {
    this.channel.addTo(scale, accumulator);
  }
}

/** The vector of an opened message, through `work`. */
export function decoded(channel: Channel, work: Vec): FloatArray {
  channel.ops.fill(0, work);
  channel.addTo(1, work);
  return work.view.slice();
}
