/** Errors that callers tell apart. Arguments that break a stated range are RangeErrors. */

export type WireCode =
  | "magic" // not a Thinwire message
  | "version" // a format version that this build does not read
  | "truncated" // shorter than its content says
  | "trailing" // bytes after the end, or padding bits that are not zero
  | "hash" // damaged on the way
  | "kind" // an unknown frame kind, compressor id or coding
  | "spec" // options that name no valid compressor
  | "dim" // more entries than the receiver expects
  | "index" // an index outside 0..d-1, or not ascending
  | "level" // a level or code out of range
  | "value" // a number that no encoder writes
  | "turn" // a frame of another run, round or sender
  | "digest"; // sender and receiver have applied different messages

/** Bytes that are not what a sender of this library writes. After it, nothing has been written. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireCode;

  constructor(code: WireCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What senders say of vectors that have grown beyond their type: the run diverges. */
export const OVERFLOW = /must be finite, got|the norm must be at most the largest f(32|64), got/;

/** A name, option or file content that a person wrote and can mend. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
