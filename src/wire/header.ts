/** Headers of run frames: what stands before the parts, and the numbers in it. */
import { WireError } from "../core/errors.ts";
import { Cursor } from "./varint.ts";

/** Bytes after the parts: digest and hash. */
export const TRAILER = 16;
/** Bytes of the shortest header: two of flags, round and sender. */
const SHORTEST = 4;
/** `exchange` keys randomness by 16 bits. */
const MAX_EXCHANGE = 0xffff;
/** An exchange from here on is written as a varint. */
export const WIDE = 15;

/**
 * The header that `readHeader` read last: one object, so that reading allocates nothing. Offsets count from the frame's
 * first byte; 0 where there is no such bitmap.
 */
export const header = {
  kind: 0,
  hasLengths: false,
  run: 0,
  round: 0,
  exchange: 0,
  /** 0 the server, i + 1 worker i. */
  sender: 0,
  selectedAt: 0,
  absentAt: 0,
  /** Length of the header. */
  bytes: 0,
};

const cursor = new Cursor();

/** Reads a header, of which nothing may be believed before the frame's hash agrees. @throws WireError */
export function readHeader(frame: Uint8Array, nodes: number): typeof header {
  if (frame.length < SHORTEST + TRAILER) {
    throw new WireError("truncated", `frame: at least ${SHORTEST + TRAILER} bytes, got ${frame.length}`);
  }
  const end = frame.length - TRAILER;
  const first = frame[0]!;
  const second = frame[1]!;
  header.kind = first & 7;
  header.hasLengths = (first & 8) !== 0;
  header.run = second & 63;
  cursor.over(frame, 2, end);
  header.round = cursor.varint("frame: round");
  header.sender = cursor.varint("frame: sender");
  const exchange = first >> 4 === WIDE ? cursor.varint("frame: exchange") : first >> 4;
  if (first >> 4 === WIDE && (exchange < WIDE || exchange > MAX_EXCHANGE)) {
    throw new WireError("value", `frame: exchange must be in ${WIDE}..${MAX_EXCHANGE} here, got ${exchange}`);
  }
  header.exchange = exchange;
  header.selectedAt = bitmap(nodes, (second & 64) !== 0);
  header.absentAt = bitmap(nodes, (second & 128) !== 0);
  header.bytes = cursor.at;
  return header;
}

/** Skips a bitmap of the workers, if there is one; returns where it stands, or 0. */
function bitmap(nodes: number, present: boolean): number {
  if (!present) return 0;
  const from = cursor.skip("frame: bitmap", (nodes + 7) >> 3);
  if ((nodes & 7) !== 0 && cursor.bytes[cursor.at - 1]! >> (nodes & 7) !== 0) {
    throw new WireError("trailing", `frame: bits past worker ${nodes - 1} must be 0`);
  }
  return from;
}
