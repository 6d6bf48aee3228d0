/**
 * Vectors in files, and the file of several messages.
 *
 * One vector (.f32, .f64, .npy with one axis) is one message. Several, or one with a shape (.safetensors, .npy), are a
 * safetensors file again: each message is a tensor of type U8 under its vector's name, tensors of other types are kept as
 * they are, and `__metadata__` has beside the old entries `thinwire`: `{"version":1,"shapes":{name:shape}}`, which tells the
 * messages from U8 tensors that were there before. Any safetensors reader opens it.
 */
import { extname } from "node:path";
import { DataError, elements, quote, show } from "../data/error.ts";
import { readNpy, writeNpy } from "../data/npy.ts";
import { readSafetensors, type TensorInfo } from "../data/safetensors.ts";
import { FileError } from "./files.ts";

export type Values = Float32Array | Float64Array;
export type Dtype = "f32" | "f64";

export interface NamedVector {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Values;
}

/** A tensor that is no vector of floats: type, shape and bytes as they were. */
export interface OtherTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface VectorFile {
  readonly vectors: readonly NamedVector[];
  readonly others: readonly OtherTensor[];
  readonly metadata: ReadonlyMap<string, string>;
  /** One axis and no name: written as a plain message. */
  readonly plain: boolean;
}

export interface NamedMessage {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface MessageFile {
  readonly messages: readonly NamedMessage[];
  readonly others: readonly OtherTensor[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly plain: boolean;
}

export const EXTENSIONS = [".f32", ".f64", ".npy", ".safetensors"] as const;
export type Extension = (typeof EXTENSIONS)[number];

const KEY = "thinwire";
const NPY_NAME = "array";

/** The format that a path's ending names. @throws FileError */
export function extensionOf(path: string): Extension {
  const found = EXTENSIONS.find((extension) => extension === extname(path).toLowerCase());
  if (found) return found;
  throw new FileError(`${path}: must end in ${EXTENSIONS.join(", ")}, got "${extname(path)}"`);
}

export const dtypeOf = (values: Values): Dtype => (values instanceof Float32Array ? "f32" : "f64");

/** @throws DataError for content that is not what the path's ending says */
export function readVectors(path: string, bytes: Uint8Array): VectorFile {
  const extension = extensionOf(path);
  if (extension === ".safetensors") return { ...readTensors(path, bytes), plain: false };
  const none = { others: [], metadata: new Map<string, string>() };
  if (extension === ".npy") {
    const { shape, values } = readNpy(bytes, path);
    return { vectors: [{ name: NPY_NAME, shape, values }], ...none, plain: shape.length === 1 };
  }
  const size = extension === ".f32" ? 4 : 8;
  if (bytes.length % size !== 0) throw new DataError(path, `length must be a multiple of ${size} bytes`, bytes.length);
  const { buffer } = new Uint8Array(bytes);
  const values = size === 4 ? new Float32Array(buffer) : new Float64Array(buffer);
  return { vectors: [{ name: NPY_NAME, shape: [values.length], values }], ...none, plain: true };
}

function readTensors(path: string, bytes: Uint8Array): Omit<VectorFile, "plain"> {
  const file = readSafetensors(bytes, path);
  const vectors: NamedVector[] = [];
  const others: OtherTensor[] = [];
  for (const [name, info] of file.tensors) {
    if (info.dtype === "F32" || info.dtype === "F64") vectors.push({ name, ...file.get(name) });
    else others.push(other(bytes, name, info));
  }
  return { vectors, others, metadata: file.metadata };
}

const dataStart = (bytes: Uint8Array): number =>
  8 + Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));

function other(bytes: Uint8Array, name: string, { dtype, shape, begin, end }: TensorInfo): OtherTensor {
  const start = dataStart(bytes);
  return { name, dtype, shape, bytes: bytes.subarray(start + begin, start + end) };
}

/** @throws FileError if the format cannot hold the vectors */
export function writeVectors(path: string, { vectors, others, metadata }: Omit<VectorFile, "plain">): Uint8Array {
  const extension = extensionOf(path);
  if (extension === ".safetensors") {
    const floats = vectors.map(
      ({ name, shape, values }): OtherTensor => ({
        name,
        dtype: values instanceof Float32Array ? "F32" : "F64",
        shape,
        bytes: bytesOf(values),
      }),
    );
    return writeTensors([...others, ...floats], metadata);
  }
  const [vector] = vectors;
  if (!vector || vectors.length !== 1 || others.length > 0) {
    throw new FileError(
      `${path}: ${extension} holds one vector, got ${vectors.length + others.length}; use .safetensors`,
    );
  }
  if (extension === ".npy") return writeNpy(vector.values, vector.shape);
  if (extension !== `.${dtypeOf(vector.values)}`) {
    throw new FileError(
      `${path}: the vector is ${dtypeOf(vector.values)}, so the name must end in .${dtypeOf(vector.values)}`,
    );
  }
  return bytesOf(vector.values);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Values): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A safetensors file of tensors of any type, widest elements first so that all stay aligned. */
function writeTensors(tensors: readonly OtherTensor[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const width = ({ dtype }: OtherTensor) => Number(/\d+/.exec(dtype)?.[0] ?? 8);
  const ordered = [...tensors].sort((a, b) => width(b) - width(a));
  const entries: [string, unknown][] = metadata.size > 0 ? [["__metadata__", Object.fromEntries(metadata)]] : [];
  let length = 0;
  for (const { name, dtype, shape, bytes } of ordered) {
    entries.push([name, { dtype, shape, data_offsets: [length, length + bytes.length] }]);
    length += bytes.length;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = Math.ceil((8 + header.length) / 8) * 8;
  const out = new Uint8Array(start + length);
  out.fill(32, 8, start);
  new DataView(out.buffer).setBigUint64(0, BigInt(start - 8), true);
  out.set(header, 8);
  let at = start;
  for (const { bytes } of ordered) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

export function writeMessages({ messages, others, metadata, plain }: MessageFile): Uint8Array {
  if (plain) return messages[0]!.bytes;
  const shapes = Object.fromEntries(messages.map(({ name, shape }) => [name, shape]));
  const tensors = messages.map(({ name, bytes }): OtherTensor => ({ name, dtype: "U8", shape: [bytes.length], bytes }));
  const marked = new Map([...metadata, [KEY, JSON.stringify({ version: 1, shapes })]]);
  return writeTensors([...others, ...tensors], marked);
}

/** @throws DataError unless the bytes are a message or a file of messages */
export function readMessages(path: string, bytes: Uint8Array): MessageFile {
  // a message has a part count of at least 1 among bytes 4..8, where a header length has zeros
  const several = bytes.length > 8 && bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0);
  if (!several)
    return { messages: [{ name: NPY_NAME, shape: [], bytes }], others: [], metadata: new Map(), plain: true };
  const file = readSafetensors(bytes, path);
  const shapes = readShapes(path, file.metadata.get(KEY));
  const messages: NamedMessage[] = [];
  const others: OtherTensor[] = [];
  for (const [name, info] of file.tensors) {
    const tensor = other(bytes, name, info);
    const shape = shapes.get(name);
    if (!shape) others.push(tensor);
    else if (info.dtype !== "U8")
      throw new DataError(`${path}: ${quote(name)}`, "a message must be U8", quote(info.dtype));
    else messages.push({ name, shape, bytes: tensor.bytes });
    shapes.delete(name);
  }
  const [missing] = shapes.keys();
  if (missing !== undefined)
    throw new DataError(path, "every message of its metadata must be there", `no ${quote(missing)}`);
  const metadata = new Map([...file.metadata].filter(([key]) => key !== KEY));
  return { messages, others, metadata, plain: false };
}

function readShapes(path: string, text: string | undefined): Map<string, number[]> {
  if (text === undefined)
    throw new DataError(path, "expected Thinwire messages (metadata thinwire)", "a file without them");
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch {
    throw new DataError(path, "metadata thinwire must be JSON", quote(text));
  }
  const { version, shapes } = (index ?? {}) as { version?: unknown; shapes?: unknown };
  if (version !== 1) throw new DataError(path, "metadata thinwire: version must be 1", show(version));
  if (typeof shapes !== "object" || shapes === null)
    throw new DataError(path, "metadata thinwire: expected shapes", show(shapes));
  return new Map(
    Object.entries(shapes as Record<string, unknown>).map(([name, shape]) => {
      const valid = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!valid) throw new DataError(`${path}: ${quote(name)}`, "shape must be integers from 0 up", show(shape));
      return [name, shape as number[]];
    }),
  );
}

/** The vector under its old shape. @throws DataError if it has another number of entries */
export function reshape(path: string, { name, shape }: NamedMessage, values: Values, plain: boolean): NamedVector {
  if (plain) return { name, shape: [values.length], values };
  if (elements(shape) !== values.length) {
    throw new DataError(`${path}: ${quote(name)}`, `expected ${elements(shape)} entries for its shape`, values.length);
  }
  return { name, shape, values };
}
