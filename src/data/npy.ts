/**
 * NumPy's .npy files, format versions 1 to 3, to and from typed arrays.
 *
 * Layout: "\x93NUMPY", major, minor, header length (u16 LE; u32 LE from version 2), header (a Python dict: descr,
 * fortran_order, shape; spaces; "\n"), data. Magic to "\n" is a multiple of 64 bytes. Version 3 is version 2 with UTF-8 text.
 * Read: f4 (as Float32Array), f8, bool, i1..i8, u1..u8 (as Float64Array); Fortran order is converted to C order. Refused by
 * name: big-endian and other types. Cost: O(bytes); at most 8 bytes of result a byte of input.
 * Throws DataError. Source: NumPy enhancement proposal 1, numpy/lib/format.
 */

import { copyBytes, DataError, elements, quote } from "./error.ts";

export interface NpyArray {
  /** As stored, without the byte order: f4, f8, b1, i1, i2, i4, i8, u1, u2, u4, u8. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** In C order (last index fastest). */
  readonly values: Float32Array | Float64Array;
}

interface Header {
  descr: string;
  fortran: boolean;
  shape: number[];
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const SIZES: Record<string, number> = { f4: 4, f8: 8, b1: 1, i1: 1, i2: 2, i4: 4, i8: 8, u1: 1, u2: 2, u4: 4, u8: 8 };
const MAX_AXES = 64; // NumPy 2's own limit
const MAX_HEADER = 65535; // only records need more

/** Reads a whole file; bytes after the array are an error. `name` is used in messages. */
export function readNpy(bytes: Uint8Array, name = "npy"): NpyArray {
  const { header, dataAt } = readHeader(bytes, name);
  const dtype = checkType(header.descr, name);
  const size = SIZES[dtype]!;
  const count = elements(header.shape);
  const held = bytes.length - dataAt;
  if (count * size !== held)
    throw new DataError(name, `expected ${count} x ${size} bytes of data for shape (${header.shape.join(", ")})`, held);
  const values = toFloats(dtype, copyBytes(bytes, dataAt, bytes.length), name);
  const { shape } = header;
  return { dtype, shape, values: header.fortran && shape.length > 1 ? fromFortran(values, shape) : values };
}

function readHeader(bytes: Uint8Array, name: string): { header: Header; dataAt: number } {
  if (bytes.length < 10 || MAGIC.some((b, i) => bytes[i] !== b))
    throw new DataError(
      name,
      "expected a .npy file (\\x93NUMPY and a header)",
      `${bytes.length} bytes of something else`,
    );
  const major = bytes[6]!;
  if (major < 1 || major > 3) throw new DataError(name, "format version must be 1, 2 or 3", `${major}.${bytes[7]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) throw new DataError(name, `expected a header of at least ${start} bytes`, bytes.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const most = Math.min(MAX_HEADER, bytes.length - start);
  if (length > most) throw new DataError(name, `header length must be at most ${most}`, length);
  const text = bytes.subarray(start, start + length);
  let header: string;
  try {
    header = new TextDecoder(major === 3 ? "utf-8" : "latin1", { fatal: true }).decode(text);
  } catch {
    throw new DataError(name, "header must be UTF-8 text", "other bytes");
  }
  return { header: parseHeader(header, name), dataAt: start + length };
}

/** The dict literal that NumPy writes and no more: three keys, a string, a boolean and a tuple of integers. */
function parseHeader(text: string, name: string): Header {
  const fail = (what: string): never => {
    throw new DataError(name, `header: expected ${what}`, quote(text));
  };
  const body = /^\s*\{([^{}]*)\}\s*$/.exec(text)?.[1];
  if (body === undefined) return fail("a dict");
  const found = new Map<string, string>();
  let rest = body.trim();
  while (rest !== "") {
    const item = /^(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([^()]*\)|\[.*\])\s*(,\s*|$)/s.exec(rest);
    if (item === null) return fail("'key': value pairs");
    if (found.has(item[2]!)) return fail(`key '${item[2]}' once`);
    found.set(item[2]!, item[3]!);
    if (found.size > 3) break;
    rest = rest.slice(item[0].length);
  }
  const descr = found.get("descr");
  const order = found.get("fortran_order");
  const tuple = found.get("shape");
  if (found.size !== 3 || descr === undefined || order === undefined || tuple === undefined)
    return fail("exactly the keys descr, fortran_order, shape");
  if (descr.startsWith("["))
    throw new DataError(name, "records are not supported: expected one number type", quote(descr));
  if (!/^['"]/.test(descr)) return fail("a string as descr");
  if (order !== "True" && order !== "False") return fail("True or False as fortran_order");
  return { descr: descr.slice(1, -1), fortran: order === "True", shape: parseShape(tuple, fail) };
}

function parseShape(tuple: string, fail: (what: string) => never): number[] {
  if (!tuple.startsWith("(")) return fail("a tuple as shape");
  const parts = tuple.slice(1, -1).split(",");
  const last = parts.pop()!.trim();
  if (last !== "") {
    if (parts.length === 0) return fail("a comma in a shape of one axis");
    parts.push(last);
  }
  if (parts.length > MAX_AXES) return fail(`at most ${MAX_AXES} axes`);
  return parts.map((part) => {
    const digits = /^\s*(\d{1,16})L?\s*$/.exec(part)?.[1]; // Python 2 wrote long integers as 3L
    const n = Number(digits ?? Number.NaN);
    return Number.isSafeInteger(n) ? n : fail("a shape of integers");
  });
}

function checkType(descr: string, name: string): string {
  const [, order, type] = /^([<>=|]?)(\w+)$/.exec(descr) ?? [];
  if (type === undefined || !Object.hasOwn(SIZES, type))
    throw new DataError(name, `type must be one of ${Object.keys(SIZES).join(", ")}`, quote(descr));
  if (order === ">" && SIZES[type]! > 1)
    throw new DataError(name, 'big-endian data is not supported, convert with .astype("<...")', quote(descr));
  return type;
}

/** `data` is aligned and owned. Typed arrays have the host's byte order, which is little-endian wherever WebAssembly engines run. */
function toFloats(dtype: string, data: Uint8Array, name: string): Float32Array | Float64Array {
  const buffer = data.buffer as ArrayBuffer;
  switch (dtype) {
    case "f4":
      return new Float32Array(buffer);
    case "f8":
      return new Float64Array(buffer);
    case "b1":
      return Float64Array.from(data, (b) => (b === 0 ? 0 : 1));
    case "i1":
      return new Float64Array(new Int8Array(buffer));
    case "i2":
      return new Float64Array(new Int16Array(buffer));
    case "i4":
      return new Float64Array(new Int32Array(buffer));
    case "u1":
      return new Float64Array(data);
    case "u2":
      return new Float64Array(new Uint16Array(buffer));
    case "u4":
      return new Float64Array(new Uint32Array(buffer));
    default:
      return fromInt64(dtype === "i8" ? new BigInt64Array(buffer) : new BigUint64Array(buffer), name);
  }
}

function fromInt64(data: BigInt64Array | BigUint64Array, name: string): Float64Array {
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; ++i) {
    out[i] = Number(data[i]!);
    if (!Number.isSafeInteger(out[i]!))
      throw new DataError(name, `element ${i} must be below 2^53 in size to be exact as f64`, String(data[i]));
  }
  return out;
}

/** Elements stored first index fastest, rewritten last index fastest. */
function fromFortran(values: Float32Array | Float64Array, shape: readonly number[]): Float32Array | Float64Array {
  const out = values instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length);
  const strides = shape.map(() => 1);
  for (let axis = 1; axis < shape.length; ++axis) strides[axis] = strides[axis - 1]! * shape[axis - 1]!;
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; ++to) {
    out[to] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; --axis) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** A file in C order, version 1.0, padded as NumPy does. Default shape: one axis. */
export function writeNpy(values: Float32Array | Float64Array, shape: readonly number[] = [values.length]): Uint8Array {
  if (
    shape.length > MAX_AXES ||
    !shape.every((n) => Number.isSafeInteger(n) && n >= 0) ||
    elements(shape) !== values.length
  )
    throw new RangeError(`writeNpy: shape must hold ${values.length} elements, got (${shape.join(", ")})`);
  const descr = values instanceof Float32Array ? "<f4" : "<f8";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = 10; // 64 axes of 16 digits stay far below 65535 bytes: version 1.0 always suffices
  const dataAt = Math.ceil((start + dict.length + 1) / 64) * 64;
  const out = new Uint8Array(dataAt + values.byteLength);
  out.fill(32, start, dataAt - 1);
  out.set(MAGIC);
  out[6] = 1;
  new DataView(out.buffer).setUint16(8, dataAt - start, true);
  out.set(new TextEncoder().encode(dict), start);
  out[dataAt - 1] = 10;
  out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), dataAt);
  return out;
}
