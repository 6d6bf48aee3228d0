/**
 * Self-describing messages, version 1; docs/wire-format.md, "Messages", has every byte.
 *
 *   "TW" | version u8 | flags u8 | varint d | varint parts (1)
 *   varint compressor id | varint length, option text | varint length, payload
 *   [u64 state digest] | [u64 XXH64 of everything before]
 */
import type { Dtype } from "../../bindings/kernels.ts";
import { WireError } from "../core/errors.ts";
import { Cursor, varintBytes, writeVarint } from "./varint.ts";

export const VERSION = 1;
/** Flag bits. */
export const F64 = 1;
export const UNHASHED = 2;
export const DIGEST = 4;
const KNOWN_FLAGS = F64 | UNHASHED | DIGEST;
export const WORD = 8; // bytes of a hash or digest
/** Longest option text. */
export const MAX_OPTIONS = 4096;
/** Magic, version, flags, and one byte each for d, parts, id, option length and payload length. */
const SHORTEST = 9;

/** What a message says of itself; positions are offsets into the bytes that were read. */
export interface Fields {
  flags: number;
  dtype: Dtype;
  dim: number;
  wireId: number;
  options: string;
  payloadAt: number;
  payloadBytes: number;
  /** 0 where there is none. */
  digestAt: number;
}

/** Bytes after the payload. */
export const trailerBytes = (flags: number): number => (flags & DIGEST ? WORD : 0) + (flags & UNHASHED ? 0 : WORD);

/** Everything of a message before the payload's length. */
export function messageHead(flags: number, dim: number, wireId: number, options: string): Uint8Array {
  if (options.length > MAX_OPTIONS || !/^[ -~]*$/.test(options)) {
    throw new RangeError(`message: options must be at most ${MAX_OPTIONS} ASCII characters, got ${options.length}`);
  }
  const size = 5 + varintBytes(dim) + varintBytes(wireId) + varintBytes(options.length) + options.length;
  const out = new Uint8Array(size);
  out.set([0x54, 0x57, VERSION, flags]);
  let at = writeVarint(out, 4, dim);
  at = writeVarint(out, at, 1);
  at = writeVarint(out, at, wireId);
  at = writeVarint(out, at, options.length);
  for (let i = 0; i < options.length; ++i) out[at + i] = options.charCodeAt(i);
  return out;
}

/**
 * Checks what can be checked before the hash.
 * @returns the flags
 * @throws WireError
 */
export function checkEnvelope(bytes: Uint8Array): number {
  if (bytes.length < SHORTEST) {
    throw new WireError("truncated", `message: at least ${SHORTEST} bytes, got ${bytes.length}`);
  }
  if (bytes[0] !== 0x54 || bytes[1] !== 0x57) throw new WireError("magic", "message: must begin with TW");
  if (bytes[2] !== VERSION) throw new WireError("version", `message: version must be ${VERSION}, got ${bytes[2]}`);
  const flags = bytes[3]!;
  if (flags & ~KNOWN_FLAGS) throw new WireError("kind", `message: unknown flags 0x${flags.toString(16)}`);
  if (bytes.length < SHORTEST + trailerBytes(flags)) {
    throw new WireError(
      "truncated",
      `message: at least ${SHORTEST + trailerBytes(flags)} bytes by its flags, got ${bytes.length}`,
    );
  }
  return flags;
}

/**
 * Reads the fields of the message bytes[from..end) whose envelope and hash have been checked.
 * @throws WireError
 */
export function readFields(bytes: Uint8Array, from: number, end: number): Fields {
  const flags = bytes[from + 3]!;
  const cursor = new Cursor().over(bytes, from + 4, end - trailerBytes(flags));
  const dim = cursor.varint("message: d");
  const parts = cursor.varint("message: parts");
  if (parts !== 1) throw new WireError("kind", `message: version 1 has 1 part, got ${parts}`);
  const wireId = cursor.varint("message: compressor id");
  const options = readText(cursor, "message: option text", MAX_OPTIONS);
  const payloadBytes = cursor.varint("message: payload length");
  const payloadAt = cursor.skip("message: payload", payloadBytes);
  if (cursor.left > 0) throw new WireError("trailing", `message: ${cursor.left} bytes after the payload`);
  return {
    flags,
    dtype: flags & F64 ? "f64" : "f32",
    dim,
    wireId,
    options,
    payloadAt,
    payloadBytes,
    digestAt: flags & DIGEST ? cursor.end : 0,
  };
}

/** A varint length and so many printable ASCII characters. @throws WireError */
export function readText(cursor: Cursor, subject: string, longest: number): string {
  const length = cursor.varint(`${subject} length`);
  if (length > longest) throw new WireError("spec", `${subject}: at most ${longest} bytes, got ${length}`);
  const from = cursor.skip(subject, length);
  let text = "";
  for (let i = from; i < from + length; ++i) {
    const code = cursor.bytes[i]!;
    if (code < 0x20 || code > 0x7e) throw new WireError("spec", `${subject}: byte ${code} is no printable ASCII`);
    text += String.fromCharCode(code);
  }
  return text;
}
