/**
 * IDX files of unsigned bytes (MNIST): two zero bytes, type 0x08, number of axes, one u32 BE size an axis, data in C order.
 * Throws DataError. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "The IDX file format".
 */

import { DataError, elements, show } from "./error.ts";
import type { DenseData } from "./matrix.ts";

export interface IdxArray {
  readonly shape: readonly number[];
  /** A view of the file's bytes, not a copy. */
  readonly values: Uint8Array;
}

const UBYTE = 8;

/** Reads a whole file; bytes after the array are an error. */
export function readIdx(bytes: Uint8Array, name = "idx"): IdxArray {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) {
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    throw new DataError(
      name,
      "expected an IDX file (two zero bytes first)",
      packed ? "gzip: unpack it first" : "something else",
    );
  }
  if (bytes[2] !== UBYTE) throw new DataError(name, `element type must be ${UBYTE} (unsigned byte)`, bytes[2]!);
  const axes = bytes[3]!;
  const dataAt = 4 + 4 * axes;
  if (axes === 0 || bytes.length < dataAt)
    throw new DataError(name, "expected a size for each of 1..255 axes", `${axes} axes in ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i, false));
  const held = bytes.length - dataAt;
  if (elements(shape) !== held)
    throw new DataError(name, `expected ${elements(shape)} bytes of data for its shape`, held);
  return { shape, values: bytes.subarray(dataAt) };
}

/** Images (rows first, any further axes) as rows in [0, 1] with their labels; the first `rows` of them. */
export function idxData(images: IdxArray, labels: IdxArray, rows = images.shape[0]!, name = "idx"): DenseData {
  const count = images.shape[0]!;
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new DataError(name, `labels must have shape [${count}], one for each image`, show(labels.shape));
  if (!Number.isInteger(rows) || rows < 1 || rows > count)
    throw new DataError(name, `rows must be an integer in 1..${count}`, show(rows));
  const cols = elements(images.shape.slice(1));
  const values = new Float64Array(rows * cols);
  for (let i = 0; i < values.length; ++i) values[i] = images.values[i]! / 255;
  return { kind: "dense", rows, cols, values, labels: Float64Array.from(labels.values.subarray(0, rows)) };
}
