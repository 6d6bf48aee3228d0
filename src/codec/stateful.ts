/**
 * Codecs that remember. Both work on a copy of what they keep and take it over once the message is out, so an error
 * leaves them as they were.
 */
import type { Vec } from "../../bindings/arena.ts";
import { nonFinite } from "../../bindings/ops.ts";
import { WireError } from "../core/errors.ts";
import { WORD } from "../wire/message.ts";
import { type FloatArray, requireBytes } from "./arguments.ts";
import { type Codec, Endpoint, origin } from "./codec.ts";
import { readSnapshot, type Snapshot, writeSnapshot } from "./snapshot.ts";

/** One vector is kept, another takes the next value; `commit` swaps them. */
abstract class Memory<V extends FloatArray> extends Endpoint<V> {
  protected kept: Vec;
  protected next: Vec;

  protected constructor(subject: string, codec: Codec<V>, digest: boolean) {
    const { settings, messages } = origin(subject, codec);
    super(settings, digest);
    this.kept = this.channel.ops.vec(settings.dim);
    this.next = this.channel.ops.vec(settings.dim);
    this.channel.messages = messages;
  }

  protected swap(): void {
    const { kept } = this;
    this.kept = this.next;
    this.next = kept;
  }

  protected override commit(): void {
    this.swap();
    this.channel.commit();
  }

  /** Everything kept, as bytes with a hash: another object of the same codec and options continues from them. */
  state(): Uint8Array<ArrayBuffer> {
    const { dtype, spec, messages } = this;
    const snapshot: Snapshot = { dtype, spec, messages, vector: this.kept.view };
    const shift = this.shiftPart();
    if (shift) snapshot.shift = shift;
    const { remembered } = this.channel;
    if (remembered.size > 0) snapshot.remembered = remembered.snapshot();
    return writeSnapshot(snapshot, this.settings.hasher);
  }

  /** Continues from a state. @throws WireError for another spec, d, dtype or damaged bytes; nothing has changed then */
  restore(bytes: Uint8Array): void {
    requireBytes("restore: bytes", bytes);
    const { dtype, spec, dim } = this;
    const own = { dtype, spec, dim, alpha: this.shiftPart()?.alpha, remembered: this.channel.remembered.size };
    const snapshot = readSnapshot(bytes, own, this.settings.hasher);
    this.kept.view.set(snapshot.vector);
    this.channel.messages = snapshot.messages;
    if (snapshot.remembered) this.channel.remembered.restore(snapshot.remembered);
    if (snapshot.shift) this.channel.chain.view.set(snapshot.shift.chain);
  }

  protected shiftPart(): Snapshot["shift"] {
    return undefined;
  }
}

/**
 * Error feedback: sends C(e + v) and keeps e <- e + v - C(e + v), e = 0 at first. Its messages are those of the codec.
 * It has the codec's spec, seed, node and message number but memory and numbering of its own: encode through it alone.
 * For contractive compressors; with unbiased ones of omega >= 1 (Rand-K: take biased-rand-k) e grows without bound.
 * Source: Seide et al., 1-bit SGD (2014); Karimireddy et al., arXiv 1901.09847, algorithm 2, with the step size in v.
 */
export class ErrorFeedback<V extends FloatArray = Float32Array> extends Memory<V> {
  constructor(codec: Codec<V>) {
    super("errorFeedback", codec, false);
  }

  /** e, as a copy. */
  error(): V {
    return this.kept.view.slice() as V;
  }

  protected override compress(vector: V): number {
    const { channel, next, kept } = this;
    const { ops } = channel;
    const own = this.own(vector);
    if (own) ops.copy(own, next);
    else next.view.set(vector);
    ops.axpy(1, kept, next);
    const length = channel.write(next);
    channel.addTo(-1, next);
    ops.requireFinite("errorFeedback: e + v - C(e + v)", next);
    return length;
  }

  protected override apply(scale: number, accumulator: Vec): void {
    this.channel.addTo(scale, accumulator);
  }
}

export interface ShiftedOptions {
  /** Step size of the shift, in (0, 1]; by default 1/(1 + omega) for unbiased compressors and 1 for contractive ones. */
  readonly alpha?: number | undefined;
}

/**
 * Shifted compression: both ends keep h, 0 at first. The sender sends C(v - h), the receiver adds h + C(v - h), and both
 * then move h by alpha C(v - h). Every message carries a digest of the messages before it, so one that was lost,
 * repeated or reordered is refused. One object is one end.
 * Source: Mishchenko et al., DIANA, arXiv 1901.09269; Shulgin and Richtarik, Shifted Compression Framework.
 */
export class Shifted<V extends FloatArray = Float32Array> extends Memory<V> {
  readonly alpha: number;

  constructor(codec: Codec<V>, options: ShiftedOptions = {}) {
    super("shifted", codec, true);
    const { alpha = this.#defaultAlpha() } = options;
    if (typeof alpha !== "number" || !(alpha > 0 && alpha <= 1)) {
      throw new RangeError(`shifted: alpha must be in (0, 1], got ${String(alpha)}`);
    }
    this.alpha = alpha;
    const { channel } = this;
    // the chain begins with alpha, so that ends with different ones refuse each other
    const { data } = channel.ops.arena;
    data.setFloat64(channel.chain.ptr, alpha, true);
    channel.kernels.xxh64(channel.chain.ptr, WORD, 0, 0, channel.chain.ptr);
  }

  /** h, as a copy. */
  shift(): V {
    return this.kept.view.slice() as V;
  }

  #defaultAlpha(): number {
    if (this.omega !== undefined) return 1 / (1 + this.omega);
    if (this.delta !== undefined || this.constants.absolute !== undefined) return 1;
    throw new RangeError(`shifted: alpha must be given for ${this.spec}, which is neither unbiased nor contractive`);
  }

  protected override compress(vector: V): number {
    const { channel, work, kept, next } = this;
    const { ops } = channel;
    const own = this.own(vector);
    if (!own) work.view.set(vector);
    ops.sub(own ?? work, kept, work);
    const length = channel.write(work);
    this.#move(() => nonFinite("shifted: h + alpha C(v - h)", ops.typed.firstNonFinite(this.dim, next.ptr), next.view));
    return length;
  }

  protected override commit(): void {
    super.commit();
    this.channel.absorb();
  }

  protected override apply(scale: number, accumulator: Vec): void {
    const { channel, kept } = this;
    channel.requireDigest();
    // the sender's h stays finite, so this message was not made by it
    this.#move(() => new WireError("value", "message: it makes the shift infinite"));
    channel.ops.axpy(scale, kept, accumulator);
    channel.addTo(scale, accumulator);
    this.commit();
  }

  /** next = h + alpha C of the message in memory. @throws what `error` makes, if that is not finite */
  #move(error: () => Error): void {
    const { channel, kept, next } = this;
    channel.ops.copy(kept, next);
    channel.addTo(this.alpha, next);
    if (channel.ops.typed.firstNonFinite(this.dim, next.ptr) >= 0) throw error();
  }

  protected override shiftPart(): Snapshot["shift"] {
    return { alpha: this.alpha, chain: this.channel.chain.view.slice() };
  }
}
