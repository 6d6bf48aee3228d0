/** The embedder's entry: `load` gives a Thinwire, which makes codecs and reads messages that it did not expect. */
import type { Vec } from "../../bindings/arena.ts";
import { ARENA_BASE, type Backend, hasSimd, loadWasm } from "../../bindings/instance.ts";
import type { Dtype, Kernels } from "../../bindings/kernels.ts";
import { parseSpec, type Registry } from "../compressors/spec.ts";
import type { CompressorFactory } from "../core/contracts.ts";
import { UsageError, WireError } from "../core/errors.ts";
import { checkEnvelope, type Fields, readFields, UNHASHED, VERSION, WORD } from "../wire/message.ts";
import { type FloatArray, requireBytes, requireInteger } from "./arguments.ts";
import { Channel, type ChannelHost, damaged } from "./channel.ts";
import { Codec, type CodecOptions, decoded, MAX_DIM, readSettings } from "./codec.ts";
import { Hasher } from "./hasher.ts";
import { ErrorFeedback, Shifted, type ShiftedOptions } from "./stateful.ts";

export interface LoadOptions {
  /** "wasm" (default; "reference" where WebAssembly SIMD is missing), or the same in plain JavaScript, "reference". */
  readonly backend?: Backend;
  /**
   * Threads that encode and add long vectors together, the caller's included, 1..32; 1 by default. Bytes do not depend on
   * it. Vectors of fewer than 2^18 entries are left to the caller's thread. Needs the Wasm backend, and in browsers a
   * cross-origin isolated page. `close()` ends the threads.
   */
  readonly threads?: number;
}

/** Threads that share kernels' work. */
export interface ThreadPool {
  readonly threads: number;
  kernels(): Kernels;
  close(): void;
}

/** What a message says of itself. */
export interface MessageInfo {
  /** Canonical text of the compressor, as the message has it. */
  readonly spec: string;
  /** Its name, and its options as values. */
  readonly compressor: string;
  readonly options: Readonly<Record<string, number | string>>;
  readonly dim: number;
  readonly dtype: Dtype;
  /** Of the format. */
  readonly version: number;
  /** Of the whole message; `payloadBits` + `framingBits`. */
  readonly bits: number;
  /** Of the compressed vector alone: what the papers count. */
  readonly payloadBits: number;
  readonly framingBits: number;
  readonly hash: "ok" | "absent";
  /** Of messages of a shifted codec: its state before this message, 16 hexadecimal digits. */
  readonly digest?: string;
}

/** Channels kept for `decode`, and the memory that they may hold together. */
const KEPT_CHANNELS = 8;
const KEPT_BYTES = 2 ** 27;
const DEFAULT_MAX_DIM = 2 ** 26;
/** Entries from which a codec may use several threads. */
const LONG = 2 ** 18;
const MAX_THREADS = 32;

interface Decoder {
  readonly channel: Channel;
  readonly work: Vec;
}

export class Thinwire {
  readonly backend: Backend;
  /** What specs may name. */
  readonly compressors: Registry;
  readonly #host: ChannelHost;
  readonly #pool: ThreadPool | undefined;
  readonly #byWireId: ReadonlyMap<number, CompressorFactory>;
  /** Last used first. */
  #decoders: Decoder[] = [];

  constructor(backend: Backend, kernels: () => Kernels, compressors: Registry, pool?: ThreadPool) {
    this.backend = backend;
    this.#pool = pool;
    this.compressors = compressors;
    this.#host = { kernels, compressors, hasher: new Hasher(kernels) };
    this.#byWireId = new Map(Object.values(compressors).map((factory) => [factory.wireId, factory]));
  }

  /**
   * A codec for vectors of `dim` entries.
   * @param spec name or name:key=value,...
   * @throws UsageError for unknown names and keys, RangeError for values out of range
   * @example tw.codec("rand-k:ratio=0.1", 10_000, { seed: 7n, dtype: "f64" })
   */
  codec(spec: string, dim: number, options: CodecOptions & { readonly dtype: "f64" }): Codec<Float64Array>;
  codec(spec: string, dim: number, options?: CodecOptions & { readonly dtype?: "f32" }): Codec<Float32Array>;
  codec(spec: string, dim: number, options?: CodecOptions): Codec<Float32Array> | Codec<Float64Array>;
  codec(spec: string, dim: number, options: CodecOptions = {}): Codec<Float32Array> | Codec<Float64Array> {
    const pool = this.#pool;
    const host = pool && dim >= LONG ? { ...this.#host, kernels: () => pool.kernels() } : this.#host;
    const settings = readSettings(spec, dim, options, host);
    return settings.dtype === "f64" ? new Codec<Float64Array>(settings) : new Codec<Float32Array>(settings);
  }

  /** Threads that work on long vectors, the caller's included. */
  get threads(): number {
    return this.#pool?.threads ?? 1;
  }

  /** Ends the threads that `load` started. Codecs go on working, on the caller's thread alone. */
  close(): void {
    this.#pool?.close();
  }

  /** An error feedback that sends the messages of `codec`; its e is its own. */
  errorFeedback<V extends FloatArray>(codec: Codec<V>): ErrorFeedback<V> {
    return new ErrorFeedback(codec);
  }

  /** One end of a shifted codec: the sender's or the receiver's; its h is its own. */
  shifted<V extends FloatArray>(codec: Codec<V>, options: ShiftedOptions = {}): Shifted<V> {
    return new Shifted(codec, options);
  }

  /**
   * What a message says of itself, without building a codec: its payload is not looked into.
   * @throws WireError
   */
  inspect(bytes: Uint8Array): MessageInfo {
    requireBytes("inspect: bytes", bytes);
    const fields = this.#read(bytes);
    const factory = this.#factory(fields);
    const spec = specOf(factory, fields);
    const payloadBits = 8 * fields.payloadBytes;
    const bits = 8 * bytes.length;
    return {
      spec,
      compressor: factory.name,
      options: readOptions(factory, spec),
      dim: fields.dim,
      dtype: fields.dtype,
      version: VERSION,
      bits,
      payloadBits,
      framingBits: bits - payloadBits,
      hash: fields.flags & UNHASHED ? "absent" : "ok",
      ...(fields.digestAt > 0 && { digest: hex(bytes, fields.digestAt) }),
    };
  }

  /**
   * The vector in any message: C(x), and C(v - h) for a message of a shifted codec.
   * @param options.maxDim largest d that the message may claim, 2^26 by default: bounds the memory that it can cost
   * @throws WireError
   */
  decode(bytes: Uint8Array, options: { readonly maxDim?: number } = {}): FloatArray {
    requireBytes("decode: bytes", bytes);
    const { maxDim = DEFAULT_MAX_DIM } = options;
    requireInteger("decode: maxDim", maxDim, 0, MAX_DIM.f32);
    const known = this.#decoders.find(({ channel }) => channel.recognises(bytes) && channel.compressor.dim <= maxDim);
    const decoder = known ?? this.#decoder(this.#read(bytes), maxDim);
    decoder.channel.open(bytes);
    const out = decoded(decoder.channel, decoder.work);
    this.#keep(decoder);
    return out;
  }

  /** Envelope, hash and fields of a message. @throws WireError */
  #read(bytes: Uint8Array): Fields {
    const flags = checkEnvelope(bytes);
    if (!(flags & UNHASHED) && !this.#host.hasher.agrees(bytes)) throw damaged();
    return readFields(bytes, 0, bytes.length);
  }

  #decoder(fields: Fields, maxDim: number): Decoder {
    const { dim, dtype } = fields;
    const bound = Math.min(maxDim, MAX_DIM[dtype]);
    if (dim > bound) throw new WireError("dim", `message: d must be at most ${bound} (maxDim), got ${dim}`);
    const spec = specOf(this.#factory(fields), fields);
    try {
      const channel = new Channel({ ...this.#host, spec, dim, dtype, seed: 0n, node: 0, hash: true });
      if (channel.compressor.spec !== spec) {
        throw new WireError("spec", `message: options must be canonical (${channel.compressor.spec}), got ${spec}`);
      }
      return { channel, work: channel.ops.vec(dim) };
    } catch (error) {
      if (error instanceof RangeError || error instanceof UsageError) throw new WireError("spec", error.message);
      throw error;
    }
  }

  #factory({ wireId }: Fields): CompressorFactory {
    const factory = this.#byWireId.get(wireId);
    if (!factory) throw new WireError("kind", `message: unknown compressor id ${wireId}`);
    return factory;
  }

  /** Moves a decoder to the front and lets go those that are too many or too large. */
  #keep(decoder: Decoder): void {
    if (this.#decoders[0] === decoder) return;
    let bytes = 0;
    this.#decoders = [decoder, ...this.#decoders.filter((other) => other !== decoder)].filter(({ channel }, i) => {
      bytes += channel.ops.arena.used;
      return i < KEPT_CHANNELS && bytes <= KEPT_BYTES;
    });
  }
}

const specOf = ({ name }: CompressorFactory, { options }: Fields): string => (options ? `${name}:${options}` : name);

function readOptions(factory: CompressorFactory, spec: string): Record<string, number | string> {
  const out: Record<string, number | string> = {};
  try {
    for (const [key, text] of parseSpec(spec).options) {
      const kind = Object.hasOwn(factory.options, key) ? factory.options[key] : undefined;
      const value = kind === "integer" || kind === "number" ? Number(text) : text;
      if (kind === undefined || Number.isNaN(value)) {
        throw new UsageError(`message: ${factory.name} has no option ${key}=${text}`);
      }
      out[key] = value;
    }
  } catch (error) {
    if (error instanceof UsageError) throw new WireError("spec", error.message);
    throw error;
  }
  return out;
}

/** 8 little-endian bytes as a number in hexadecimal. */
function hex(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = WORD - 1; i >= 0; --i) text += bytes[at + i]!.toString(16).padStart(2, "0");
  return text;
}

/**
 * The library, ready to make codecs. The module is compiled once in a process. Compressors come in a file of their own,
 * so that the entry stays small however many there are.
 * @example const tw = await load();
 */
export async function load(options: LoadOptions = {}): Promise<Thinwire> {
  const { backend = "wasm", threads = 1 } = options;
  if (backend !== "wasm" && backend !== "reference") {
    throw new RangeError(`load: backend must be wasm or reference, got ${String(backend)}`);
  }
  requireInteger("load: threads", threads, 1, MAX_THREADS);
  const { compressors } = await import("../compressors/index.ts");
  const isWasm = backend === "wasm" && hasSimd();
  if (threads > 1) {
    if (!isWasm)
      throw new UsageError(`load: ${threads} threads need WebAssembly SIMD, which this backend does not use`);
    const { Pool } = await import("./pool.ts");
    return new Thinwire("wasm", loadWasm, compressors, await Pool.start(threads));
  }
  if (isWasm) return new Thinwire("wasm", loadWasm, compressors);
  const { createReference } = await import("../../bindings/reference/index.ts");
  return new Thinwire("reference", () => createReference(ARENA_BASE + 65536), compressors);
}
