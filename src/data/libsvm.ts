/**
 * Reader of LIBSVM text: `label index:value index:value ...` a line, indices 1-based and strictly increasing, absent entries zero.
 *
 * Accepts CRLF, several blanks, trailing blanks, empty lines, `#` comments (whole lines or line ends), a byte order mark, a last
 * line without newline. Cost: one pass, O(bytes) time, memory of the stored entries plus the longest line.
 * Throws DataError with file and line: `a9a:17: expected index:value, got "5:"`.
 * Source: README of cjlin1/libsvm; comments as in SVM-light.
 */

import { parseDecimal } from "./decimal.ts";
import { DataError, quote } from "./error.ts";
import type { CsrData } from "./matrix.ts";

export interface LibsvmOptions {
  /** File name for messages. */
  name?: string;
  /** Columns of the result; a larger index is an error. Default: the largest index used. */
  features?: number;
  /** Stop after so many samples. */
  maxRows?: number;
}

const NEWLINE = 10;
const HASH = 35;
const COLON = 58;
const MAX_INDEX = 2 ** 31 - 1;
const MAX_ENTRIES = 2 ** 32 - 1;
const isBlank = (c: number): boolean => c === 32 || c === 9 || c === 13;

/** Push parser: bytes go in in any chunks, `finish()` gives the data. */
export class LibsvmParser {
  private readonly name: string;
  private readonly limit: number;
  private readonly maxRows: number;
  private readonly features: number | undefined;
  private line = 0;
  private rows = 0;
  private entries = 0;
  private largest = 0;
  private labels = new Float64Array(256);
  private rowStart = new Uint32Array(257);
  private columns = new Uint32Array(4096);
  private values = new Float64Array(4096);
  /** The unfinished line of earlier chunks. */
  private pending = new Uint8Array(256);
  private pendingLength = 0;

  constructor(options: LibsvmOptions = {}) {
    this.name = options.name ?? "libsvm";
    this.features = options.features;
    this.limit = checkCount("features", options.features, MAX_INDEX);
    this.maxRows = checkCount("maxRows", options.maxRows, 2 ** 31 - 2);
  }

  /** True once maxRows samples are read: further input is ignored. */
  get full(): boolean {
    return this.rows >= this.maxRows;
  }

  /** Reads a chunk, which is not kept. Returns `full`. */
  push(chunk: Uint8Array): boolean {
    let at = 0;
    while (!this.full) {
      const end = chunk.indexOf(NEWLINE, at);
      if (end < 0) {
        this.keep(chunk, at, chunk.length);
        break;
      }
      if (this.pendingLength > 0) {
        this.keep(chunk, at, end);
        const length = this.pendingLength;
        this.pendingLength = 0;
        this.readLine(this.pending, 0, length);
      } else this.readLine(chunk, at, end);
      at = end + 1;
    }
    return this.full;
  }

  finish(): CsrData {
    if (this.pendingLength > 0 && !this.full) this.readLine(this.pending, 0, this.pendingLength);
    this.pendingLength = 0;
    if (this.rows === 0) throw new DataError(this.name, "expected at least one sample", "none");
    return {
      kind: "csr",
      rows: this.rows,
      cols: this.features ?? this.largest,
      rowStart: this.rowStart.slice(0, this.rows + 1),
      columns: this.columns.slice(0, this.entries),
      values: this.values.slice(0, this.entries),
      labels: this.labels.slice(0, this.rows),
    };
  }

  private keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.pendingLength + to - from;
    if (needed > this.pending.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.pending.length));
      grown.set(this.pending.subarray(0, this.pendingLength));
      this.pending = grown;
    }
    this.pending.set(chunk.subarray(from, to), this.pendingLength);
    this.pendingLength = needed;
  }

  private readLine(bytes: Uint8Array, from: number, to: number): void {
    ++this.line;
    let at = from;
    if (this.line === 1 && to - at >= 3 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf)
      at += 3;
    while (at < to && isBlank(bytes[at]!)) ++at;
    if (at === to || bytes[at] === HASH) return;
    let end = tokenEnd(bytes, at, to);
    const label = parseDecimal(bytes, at, end);
    if (!Number.isFinite(label)) this.fail("expected a finite number as label", bytes, at, end);
    let previous = 0;
    for (;;) {
      at = end;
      while (at < to && isBlank(bytes[at]!)) ++at;
      if (at === to || bytes[at] === HASH) break;
      end = tokenEnd(bytes, at, to);
      previous = this.readEntry(bytes, at, end, previous);
    }
    if (previous > this.largest) this.largest = previous;
    if (this.rows === this.labels.length) {
      this.labels = grow(this.labels, new Float64Array(2 * this.rows));
      this.rowStart = grow(this.rowStart, new Uint32Array(2 * this.rows + 1));
    }
    this.labels[this.rows++] = label;
    this.rowStart[this.rows] = this.entries;
  }

  /** Returns the index read. */
  private readEntry(bytes: Uint8Array, from: number, end: number, previous: number): number {
    let index = 0;
    let at = from;
    for (; at < end; ++at) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) break;
      if (index <= MAX_INDEX) index = 10 * index + digit;
    }
    if (at === from || at >= end - 1 || bytes[at] !== COLON) this.fail("expected index:value", bytes, from, end);
    if (index <= previous)
      this.fail(
        previous === 0 ? "indices start at 1" : `indices must increase (last was ${previous})`,
        bytes,
        from,
        end,
      );
    if (index > this.limit) {
      const origin = this.features === undefined ? "" : " (features)";
      this.fail(`index must be at most ${Math.min(this.limit, MAX_INDEX)}${origin}`, bytes, from, end);
    }
    const value = parseDecimal(bytes, at + 1, end);
    if (!Number.isFinite(value)) this.fail("expected a finite number after index:", bytes, from, end);
    const n = this.entries;
    if (n === this.values.length) {
      if (n === MAX_ENTRIES) this.fail(`at most ${MAX_ENTRIES} entries fit`, bytes, from, end);
      const size = Math.min(2 * n, MAX_ENTRIES);
      this.columns = grow(this.columns, new Uint32Array(size));
      this.values = grow(this.values, new Float64Array(size));
    }
    this.columns[n] = index - 1;
    this.values[n] = value;
    this.entries = n + 1;
    return index;
  }

  private fail(rule: string, bytes: Uint8Array, from: number, end: number): never {
    const token = new TextDecoder().decode(bytes.subarray(from, Math.min(end, from + 200)));
    throw new DataError(`${this.name}:${this.line}`, rule, quote(token));
  }
}

function tokenEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && !isBlank(bytes[at]!)) ++at;
  return at;
}

function grow<T extends Float64Array | Uint32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

function checkCount(option: string, value: number | undefined, most: number): number {
  if (value === undefined) return most;
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new RangeError(`libsvm: ${option} must be an integer in 1..${most}, got ${value}`);
  return value;
}

/** Reads a stream of chunks (a Node file stream, a fetch body where it is iterable); stops reading once maxRows samples are in. */
export async function readLibsvm(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: LibsvmOptions = {},
): Promise<CsrData> {
  const parser = new LibsvmParser(options);
  for await (const chunk of source) if (parser.push(chunk)) break;
  return parser.finish();
}

/** Reads text or bytes held in memory. */
export function parseLibsvm(input: string | Uint8Array, options: LibsvmOptions = {}): CsrData {
  const parser = new LibsvmParser(options);
  parser.push(typeof input === "string" ? new TextEncoder().encode(input) : input);
  return parser.finish();
}
