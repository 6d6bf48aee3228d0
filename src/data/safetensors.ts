/**
 * safetensors files: named tensors, to and from typed arrays.
 *
 * Layout: header length N (u64 LE), N bytes of JSON `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__?: {} }`,
 * then the data; offsets count from its first byte, tensors cover it without gap or overlap, order C, little-endian.
 * Read: F32 and F64; tensors of other types are listed, and refused when asked for.
 * Cost: the header is checked when the file is opened, a tensor is copied when asked for.
 * Throws DataError. Source: README of huggingface/safetensors ("Format"); its limit of 100 MB on headers is kept.
 */

import { copyBytes, DataError, elements, quote, show } from "./error.ts";

export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes [begin, end) of the data part. */
  readonly begin: number;
  readonly end: number;
}

export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  /** A copy of one tensor. Throws DataError for an unknown name or a type other than F32 and F64. */
  get(name: string): Tensor;
}

const MAX_HEADER = 100_000_000;
const SIZES: Record<string, number> = { F32: 4, F64: 8 };

/** Opens a file held in memory; `name` is used in messages. */
export function readSafetensors(bytes: Uint8Array, name = "safetensors"): SafetensorsFile {
  if (bytes.length < 8) throw new DataError(name, "expected 8 bytes of header length", `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const stated = view.getBigUint64(0, true);
  const most = Math.min(MAX_HEADER, bytes.length - 8);
  if (stated > BigInt(most)) throw new DataError(name, `header length must be at most ${most}`, String(stated));
  const dataAt = 8 + Number(stated);
  const header = parseHeader(bytes.subarray(8, dataAt), name);
  const metadata = readMetadata(header["__metadata__"], name);
  const tensors = new Map<string, TensorInfo>();
  for (const [key, entry] of Object.entries(header))
    if (key !== "__metadata__") tensors.set(key, readEntry(entry, `${name}: tensor ${quote(key)}`));
  checkCover(tensors, bytes.length - dataAt, name);
  const get = (key: string): Tensor => {
    const info = tensors.get(key);
    if (info === undefined) {
      const names = [...tensors.keys()];
      const listed = names.slice(0, 10).map(quote).join(", ") + (names.length > 10 ? ", ..." : "");
      throw new DataError(name, `expected a tensor of the file (${listed || "it has none"})`, quote(key));
    }
    if (!Object.hasOwn(SIZES, info.dtype))
      throw new DataError(`${name}: tensor ${quote(key)}`, "dtype must be F32 or F64 to be read", quote(info.dtype));
    const { buffer } = copyBytes(bytes, dataAt + info.begin, dataAt + info.end);
    return { shape: info.shape, values: info.dtype === "F32" ? new Float32Array(buffer) : new Float64Array(buffer) };
  };
  return { tensors, metadata, get };
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);

function parseHeader(bytes: Uint8Array, name: string): Record<string, unknown> {
  let text = "";
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw new DataError(name, "header must be UTF-8 JSON", quote(text));
  }
  if (!isObject(header) || !text.startsWith("{"))
    throw new DataError(name, "header must be a JSON object that begins it", quote(text));
  if (countKeys(text) !== Object.keys(header).length)
    throw new DataError(name, "names in the header must differ", "a repeated name");
  return header;
}

/** Colons outside strings at depth 1 of valid JSON: its keys, repeated ones included (JSON.parse keeps only the last). */
function countKeys(json: string): number {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < json.length; ++i) {
    const c = json[i];
    if (c === '"') {
      for (++i; json[i] !== '"'; ++i) if (json[i] === "\\") ++i;
    } else if (c === "{" || c === "[") ++depth;
    else if (c === "}" || c === "]") --depth;
    else if (c === ":" && depth === 1) ++keys;
  }
  return keys;
}

function readMetadata(entry: unknown, name: string): Map<string, string> {
  const metadata = new Map<string, string>();
  if (entry === undefined) return metadata;
  if (!isObject(entry)) throw new DataError(name, "__metadata__ must be an object of strings", show(entry));
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== "string")
      throw new DataError(name, "__metadata__ must hold strings only", `${quote(key)}: ${show(value)}`);
    metadata.set(key, value);
  }
  return metadata;
}

const isCount = (v: unknown): v is number => typeof v === "number" && Number.isSafeInteger(v) && v >= 0;

function readEntry(entry: unknown, subject: string): TensorInfo {
  if (!isObject(entry)) throw new DataError(subject, "expected { dtype, shape, data_offsets }", show(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") throw new DataError(subject, "dtype must be a string", show(dtype));
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw new DataError(subject, "shape must be an array of integers from 0 up", show(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw new DataError(subject, "data_offsets must be [begin, end]", show(offsets));
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw new DataError(subject, "data_offsets must not fall", `[${begin}, ${end}]`);
  const size = Object.hasOwn(SIZES, dtype) ? SIZES[dtype]! : undefined;
  if (size !== undefined && elements(shape) * size !== end - begin)
    throw new DataError(subject, `expected ${elements(shape)} x ${size} bytes for its shape`, end - begin);
  return { dtype, shape, begin, end };
}

/** Tensors must lie side by side from the first byte to the last. */
function checkCover(tensors: ReadonlyMap<string, TensorInfo>, length: number, name: string): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [key, { begin, end }] of sorted) {
    if (begin !== covered)
      throw new DataError(
        `${name}: tensor ${quote(key)}`,
        `must begin at byte ${covered}, where the one before ends`,
        begin,
      );
    covered = end;
  }
  if (covered !== length) throw new DataError(name, `tensors must cover the ${length} bytes of data`, covered);
}

/** Writes F32 and F64 tensors, F64 first so that all data are aligned; otherwise in the map's order. Data start at a multiple of 8. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: ReadonlyMap<string, string>,
): Uint8Array {
  const all = [...tensors];
  const ordered = [
    ...all.filter(([, t]) => t.values instanceof Float64Array),
    ...all.filter(([, t]) => t.values instanceof Float32Array),
  ];
  const entries: [string, unknown][] = [];
  if (metadata !== undefined && metadata.size > 0) entries.push(["__metadata__", Object.fromEntries(metadata)]);
  let length = 0;
  for (const [key, { shape, values }] of ordered) {
    if (key === "__metadata__")
      throw new RangeError('writeSafetensors: a tensor\'s name must not be "__metadata__", got it');
    if (!shape.every(isCount) || elements(shape) !== values.length)
      throw new RangeError(
        `writeSafetensors: ${key}: shape must hold ${values.length} elements, got (${shape.join(", ")})`,
      );
    const dtype = values instanceof Float32Array ? "F32" : "F64";
    entries.push([key, { dtype, shape, data_offsets: [length, length + values.byteLength] }]);
    length += values.byteLength;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const dataAt = Math.ceil((8 + header.length) / 8) * 8;
  if (dataAt - 8 > MAX_HEADER)
    throw new RangeError(`writeSafetensors: the header must stay below ${MAX_HEADER} bytes, got ${dataAt - 8}`);
  const out = new Uint8Array(dataAt + length);
  out.fill(32, 8, dataAt);
  new DataView(out.buffer).setBigUint64(0, BigInt(dataAt - 8), true);
  out.set(header, 8);
  let at = dataAt;
  for (const [, { values }] of ordered) {
    out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return out;
}
