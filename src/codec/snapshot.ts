/**
 * What error feedback and shifted codecs keep, as bytes that say what they are (docs/wire-format.md, "States").
 *
 *   "TS" | version u8 = 1 | flags u8 | varint d | varint length, spec | u64 messages
 *   [f64 alpha | u64 chain] | d elements | [what the compressor remembers] | u64 XXH64 of everything before
 */
import type { Dtype } from "../../bindings/kernels.ts";
import { WireError } from "../core/errors.ts";
import { F64, MAX_OPTIONS, readText, WORD } from "../wire/message.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";
import type { FloatArray } from "./arguments.ts";
import type { Hasher } from "./hasher.ts";

const VERSION = 1;
const SHIFTED = 2;
const REMEMBERS = 4;
const SHORTEST = 4 + 1 + 1 + WORD + WORD;

export interface Snapshot {
  dtype: Dtype;
  spec: string;
  messages: number;
  /** Of a shifted codec: alpha and the 8 bytes of the chain. */
  shift?: { alpha: number; chain: Uint8Array };
  vector: FloatArray;
  /** Of a compressor that depends on the messages before; its length follows from the spec. */
  remembered?: Uint8Array;
}

export function writeSnapshot(snapshot: Snapshot, hasher: Hasher): Uint8Array<ArrayBuffer> {
  const { dtype, spec, messages, shift, vector, remembered } = snapshot;
  const wide = dtype === "f64";
  const head = 4 + varintBytes(vector.length) + varintBytes(spec.length) + spec.length + WORD;
  const tail = vector.byteLength + (remembered?.length ?? 0);
  const out = new Uint8Array(head + (shift ? 2 * WORD : 0) + tail + WORD);
  const data = new DataView(out.buffer);
  out.set([0x54, 0x53, VERSION, (wide ? F64 : 0) | (shift ? SHIFTED : 0) | (remembered ? REMEMBERS : 0)]);
  let at = writeVarint(out, 4, vector.length);
  at = writeVarint(out, at, spec.length);
  for (let i = 0; i < spec.length; ++i) out[at++] = spec.charCodeAt(i);
  data.setBigUint64(at, BigInt(messages), true);
  at += WORD;
  if (shift) {
    data.setFloat64(at, shift.alpha, true);
    out.set(shift.chain, at + WORD);
    at += 2 * WORD;
  }
  out.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at); // every host is little-endian
  if (remembered) out.set(remembered, at + vector.byteLength);
  hasher.hash(out, out.length - WORD, out, out.length - WORD);
  return out;
}

/** Reads a state whose spec, dimension and type are known. @throws WireError */
export function readSnapshot(
  bytes: Uint8Array,
  own: { dtype: Dtype; spec: string; dim: number; alpha: number | undefined; remembered: number },
  hasher: Hasher,
): Snapshot {
  if (bytes.length < SHORTEST) {
    throw new WireError("truncated", `state: at least ${SHORTEST} bytes, got ${bytes.length}`);
  }
  if (bytes[0] !== 0x54 || bytes[1] !== 0x53) throw new WireError("magic", "state: must begin with TS");
  if (bytes[2] !== VERSION) throw new WireError("version", `state: version must be ${VERSION}, got ${bytes[2]}`);
  if (!hasher.agrees(bytes)) throw new WireError("hash", "state: damaged, the hash does not agree");
  const flags =
    (own.dtype === "f64" ? F64 : 0) | (own.alpha === undefined ? 0 : SHIFTED) | (own.remembered ? REMEMBERS : 0);
  if ((bytes[3]! | F64 | REMEMBERS) !== (flags | F64 | REMEMBERS)) {
    throw new WireError("kind", `state: must be of ${own.alpha === undefined ? "error feedback" : "a shifted codec"}`);
  }
  const cursor = new Cursor().over(bytes, 4, bytes.length - WORD);
  const dim = cursor.varint("state: d");
  if (dim !== own.dim) throw new WireError("dim", `state: d must be ${own.dim}, got ${dim}`);
  if ((bytes[3]! ^ flags) & F64) throw new WireError("spec", `state: dtype must be ${own.dtype}`);
  const spec = readText(cursor, "state: spec", MAX_OPTIONS);
  if (spec !== own.spec) throw new WireError("spec", `state: must be of ${own.spec}, got ${spec}`);
  if (bytes[3] !== flags) throw new WireError("kind", "state: the flags do not fit the spec");

  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages = data.getBigUint64(cursor.skip("state: messages", WORD), true);
  if (messages > 2n ** 32n) throw new WireError("value", `state: at most 2^32 messages, got ${messages}`);
  const out: Snapshot = { dtype: own.dtype, spec, messages: Number(messages), vector: new Float32Array(0) };
  if (own.alpha !== undefined) {
    const alpha = data.getFloat64(cursor.skip("state: alpha", WORD), true);
    if (alpha !== own.alpha) throw new WireError("spec", `state: alpha must be ${own.alpha}, got ${alpha}`);
    const at = cursor.skip("state: chain", WORD);
    out.shift = { alpha, chain: bytes.slice(at, at + WORD) };
  }
  const size = own.dtype === "f64" ? 8 : 4;
  const at = cursor.skip("state: vector", dim * size);
  if (own.remembered > 0) {
    const from = cursor.skip("state: what the compressor remembers", own.remembered);
    out.remembered = bytes.slice(from, from + own.remembered);
  }
  if (cursor.left > 0) throw new WireError("trailing", `state: ${cursor.left} bytes at the end`);
  const { buffer } = bytes.slice(at, at + dim * size);
  out.vector = own.dtype === "f64" ? new Float64Array(buffer) : new Float32Array(buffer);
  const bad = (out.vector as Float64Array).findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new WireError("value", `state: entries must be finite, got ${out.vector[bad]} at index ${bad}`);
  return out;
}
