/**
 * What crosses a NATS subject. Byte 0 is the type; a type's body that does not fit one message crosses in chunks:
 *
 *   [type][body]                                              whole
 *   [Chunk][type][id u32][offset u32][total u32][bytes]       little-endian; in order, offset 0 first
 *
 * NATS keeps the order of one publisher but does not promise delivery: a body of which a chunk is missing is dropped,
 * as a lost message is.
 */

export enum Type {
  /** A run frame. */
  Frame = 0,
  Chunk = 1,
  /** Worker: I am here (JSON: Hello). */
  Hello = 2,
  /** Server: what the run is (JSON: Description). */
  Describe = 3,
  /** Worker: built and waiting (JSON: Ready). */
  Ready = 4,
  /** Either: I leave (JSON: reason). */
  Bye = 5,
  /** Worker: I cannot go on; server: you cannot take part (text). */
  Failed = 6,
  /** Server: whoever is there, say hello. */
  Call = 7,
  /** Server: are you there? Worker: yes. */
  Ping = 8,
}

const LAST = Type.Ping;

const CHUNK_HEAD = 14;
/** Bytes of a body that every chunk but its last carries at least: else a long body is many messages for the price of one. */
const MIN_PART = 128;
/** Every message that is no chunk starts with its type. */
export const HEAD = 1;

/** The messages that carry a body: one, or chunks of at most `maxPayload` bytes each. Copies the body. */
export function* messages(type: Type, body: Uint8Array, maxPayload: number, id: number): Generator<Uint8Array> {
  if (body.length + HEAD <= maxPayload) {
    const out = new Uint8Array(body.length + HEAD);
    out[0] = type;
    out.set(body, HEAD);
    yield out;
    return;
  }
  const room = maxPayload - CHUNK_HEAD;
  for (let offset = 0; offset < body.length; offset += room) {
    const part = body.subarray(offset, offset + room);
    const out = new Uint8Array(part.length + CHUNK_HEAD);
    const view = new DataView(out.buffer);
    out[0] = Type.Chunk;
    out[1] = type;
    view.setUint32(2, id, true);
    view.setUint32(6, offset, true);
    view.setUint32(10, body.length, true);
    out.set(part, CHUNK_HEAD);
    yield out;
  }
}

export interface Envelope {
  type: Type;
  body: Uint8Array;
}

/** Whether a message is the beginning of a body, or all of it. */
export function begins(message: Uint8Array): boolean {
  if (message[0] !== Type.Chunk || message.length <= CHUNK_HEAD) return true;
  return new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(6, true) === 0;
}

/**
 * Puts the bodies of one sender together again. Holds at most one unfinished body of at most `limit` bytes, whatever the
 * sender claims or how slowly it sends; a new body ends the one before it.
 */
export class Assembler {
  /** Messages that were malformed, out of order or too long. */
  dropped = 0;
  /** The longest body that this receiver expects. */
  limit: number;
  #id = -1;
  #type = Type.Frame;
  #body: Uint8Array | undefined;
  #filled = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** A message as it came; returns a body when one is complete. The body may lie in the message. */
  take(message: Uint8Array): Envelope | undefined {
    const type = message[0];
    if (type === Type.Chunk) return this.#chunk(message);
    if (type === undefined || type > LAST || message.length - HEAD > this.limit) return this.#drop();
    return { type, body: message.subarray(HEAD) };
  }

  #chunk(message: Uint8Array): Envelope | undefined {
    if (message.length <= CHUNK_HEAD) return this.#drop();
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const type = message[1]!;
    const id = view.getUint32(2, true);
    const offset = view.getUint32(6, true);
    const total = view.getUint32(10, true);
    const part = message.subarray(CHUNK_HEAD);
    if (type === Type.Chunk || type > LAST || total > this.limit || offset + part.length > total) return this.#drop();
    if (part.length < MIN_PART && offset + part.length < total) return this.#drop();
    if (offset === 0) {
      if (this.#body) this.dropped += 1; // the one before was never finished
      this.#body = new Uint8Array(total);
      this.#id = id;
      this.#type = type;
      this.#filled = 0;
    }
    const body = this.#body;
    if (!body || id !== this.#id || type !== this.#type || offset !== this.#filled || body.length !== total) {
      return this.#drop();
    }
    body.set(part, offset);
    this.#filled += part.length;
    if (this.#filled < total) return undefined;
    this.#body = undefined;
    return { type, body };
  }

  #drop(): undefined {
    this.dropped += 1;
    this.#body = undefined;
    return undefined;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Typed arrays and bigints survive; everything else is JSON. */
export function toJson(value: unknown): Uint8Array {
  return encoder.encode(
    JSON.stringify(value, (_key, item) => {
      if (typeof item === "bigint") return { $bigint: String(item) };
      if (typeof item === "number" && !Number.isFinite(item)) return { $number: String(item) };
      if (!ArrayBuffer.isView(item)) return item as unknown;
      const kind = Object.keys(arrays).find((name) => item instanceof arrays[name]!);
      if (kind === undefined) throw new TypeError(`nats: cannot send a ${item.constructor.name}`);
      return { $array: kind, base64: toBase64(new Uint8Array(item.buffer, item.byteOffset, item.byteLength)) };
    }),
  );
}

/** @throws SyntaxError, TypeError or RangeError for bytes that `toJson` does not write */
export function fromJson(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes), (_key, item: unknown) => {
    if (typeof item !== "object" || item === null) return item;
    if ("$bigint" in item) return BigInt(String(item.$bigint));
    if ("$number" in item) return Number(item.$number);
    if (!("$array" in item) || !("base64" in item)) return item;
    const kind = String(item.$array);
    if (!Object.hasOwn(arrays, kind)) throw new TypeError(`nats: unknown array "${kind}"`);
    return new arrays[kind]!(fromBase64(String(item.base64)).buffer);
  });
}

type View = Float64Array | Float32Array | Uint32Array | Int32Array | Uint8Array;
const arrays: Readonly<Record<string, new (buffer: ArrayBuffer) => View>> = {
  Float64Array,
  Float32Array,
  Uint32Array,
  Int32Array,
  Uint8Array,
};

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new SyntaxError("nats: not base64", { cause });
  }
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) out[i] = binary.charCodeAt(i);
  return out;
}
