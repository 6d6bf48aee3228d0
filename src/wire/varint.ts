/** Unsigned LEB128 for numbers below 2^32: at most 5 bytes, shortest form only (docs/wire-format.md, "Integers"). */
import { WireError } from "../core/errors.ts";

/** Bytes of n's varint. */
export function varintBytes(n: number): number {
  return n < 0x80 ? 1 : n < 0x4000 ? 2 : n < 0x200000 ? 3 : n < 0x10000000 ? 4 : 5;
}

/** Writes n (an integer in 0..2^32-1) at `at`; returns the position after it. */
export function writeVarint(out: Uint8Array, at: number, n: number): number {
  let rest = n;
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

/** Reads the fields of bytes[at..end) one after another. Allocates nothing. */
export class Cursor {
  bytes: Uint8Array = EMPTY;
  at = 0;
  end = 0;

  over(bytes: Uint8Array, at: number, end: number): this {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    return this;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** @throws WireError if the number is cut off, not in its shortest form, or 2^32 or more */
  varint(subject: string): number {
    let value = 0;
    for (let i = 0; i < 5; ++i) {
      if (this.at >= this.end) throw new WireError("truncated", `${subject}: the number is cut off`);
      const byte = this.bytes[this.at++]!;
      if (i === 4 && byte > 0x0f) throw new WireError("value", `${subject}: must be below 2^32`);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw new WireError("value", `${subject}: must be in its shortest form`);
        return value;
      }
    }
    throw new WireError("value", `${subject}: must be below 2^32`);
  }

  /** Passes `count` bytes; returns where they begin. */
  skip(subject: string, count: number): number {
    if (count > this.left) {
      throw new WireError("truncated", `${subject}: ${count} bytes announced, ${this.left} left`);
    }
    const from = this.at;
    this.at += count;
    return from;
  }
}

const EMPTY = new Uint8Array(0);
