/**
 * Run frames: the messages inside a run, after a hello that fixed version, method, specs, d and n.
 *
 *   u8   kind (bits 0..2) | lengths flag (bit 3) | exchange (bits 4..7; 15: the exchange follows as a varint)
 *   u8   run (bits 0..5) | selection flag (bit 6) | absence flag (bit 7)
 *   varint round, varint sender (0 server, i + 1 worker i), [varint exchange]
 *   [bitmap of n bits: the workers asked to reply]       with the selection flag
 *   [bitmap of n bits: the workers whose last reply was not applied]  with the absence flag
 *   parts
 *   [u32 lengths of the variable parts before the last part, u8 their number]  with the lengths flag
 *   u64  digest of the sender's state before this frame
 *   u64  XXH64 of everything before
 *
 * A part of fixed length (dense vector, scalar, payload with `fixedBytes`) carries no length, and neither does the last
 * part, so a frame with one part has at most 24 bytes of framing (round < 2^28, sender < 2^14).
 * Parts start at a 16-byte boundary of the arena; the header stands right before them.
 */
export { FrameReader, Inbox } from "./frame-reader.ts";
export { FrameWriter } from "./frame-writer.ts";
export { FROM_SERVER, Kind } from "./kind.ts";
