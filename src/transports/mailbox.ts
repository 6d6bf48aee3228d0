/**
 * A queue of frames in shared memory with one writer and a fixed number of readers, each of which sees every entry in
 * order. Nothing blocks the writer: a full queue is continued in a larger one, which the writer's owner passes on.
 *
 *   i32  head: where the next entry begins, in units of 16 bytes, counted on for ever (mod 2^32)
 *   i32  tail of every reader: what it has let go, counted likewise, on a cache line of its own
 *   units, a power of two of them: entries, none of which wraps around
 *
 * Entry: i32 receiver, u32 length of the frame, u32 units of the entry, u32 offset of the frame behind these 16 bytes.
 * A frame keeps its source's offset from a 16-byte boundary, so that parts which were aligned stay aligned.
 * The head is stored atomically after the entry and the tail after its use: these two are all the synchronisation.
 */

/** Receivers that are no node's number. */
export const EVERYONE = -1;
const FILLER = -2;
const CONTINUED = -3;

const HEAD = 0;
const LINE = 16; // i32 words of a cache line
const UNIT = 16;
const MIN_UNITS = 256;
const MAX_UNITS = 2 ** 26; // 1 GiB

/** What a reader finds at its place. */
export enum Found {
  Nothing = 0,
  Frame = 1,
  /** The queue goes on in another buffer. */
  Continued = 2,
}

/** Memory for a queue that holds `bytes` of frames at least. @throws RangeError above 1 GiB */
export function createMailbox(readers: number, bytes: number): SharedArrayBuffer {
  let units = MIN_UNITS;
  while (units * UNIT < bytes) units *= 2;
  if (units > MAX_UNITS) throw new RangeError(`mailbox: must have at most ${MAX_UNITS * UNIT} bytes, got ${bytes}`);
  return new SharedArrayBuffer(4 * LINE * (1 + readers) + units * UNIT);
}

/** Both ends' view of a queue. */
class Queue {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly units: number;
  /** Byte where the entries begin. */
  readonly base: number;

  constructor(buffer: SharedArrayBuffer, readers: number) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.base = 4 * LINE * (1 + readers);
    this.units = (buffer.byteLength - this.base) / UNIT;
  }

  /** Byte of the entry at a place. */
  at(place: number): number {
    return this.base + (place & (this.units - 1)) * UNIT;
  }
}

export class MailboxWriter {
  readonly #readers: number;
  readonly #continued: (buffer: SharedArrayBuffer) => void;
  #queue: Queue;
  #head = 0;
  /** The hindmost reader, as last seen. */
  #tail = 0;

  /** @param continued is given the memory in which the queue goes on, to pass it to every reader */
  constructor(buffer: SharedArrayBuffer, readers: number, continued: (buffer: SharedArrayBuffer) => void) {
    this.#queue = new Queue(buffer, readers);
    this.#readers = readers;
    this.#continued = continued;
  }

  /** Where the next entry goes. */
  get head(): number {
    return this.#head;
  }

  /** Copies a frame into the queue. */
  write(to: number, frame: Uint8Array): void {
    const shift = frame.byteOffset & 15;
    const units = 1 + ((shift + frame.length + 15) >> 4);
    if (!this.#fits(units)) this.#continue(units);
    const queue = this.#queue;
    const left = queue.units - (this.#head & (queue.units - 1));
    if (left < units) this.#entry(FILLER, 0, left, 0);
    const at = this.#entry(to, frame.length, units, shift);
    queue.bytes.set(frame, at + UNIT + shift);
    this.#publish();
  }

  /** An entry for nobody, which wakes every reader; takes the place that is always left. */
  end(): void {
    this.#entry(FILLER, 0, 1, 0);
    this.#publish();
  }

  /** Whether reader `reader` has let go everything before `place`. */
  passed(reader: number, place: number): boolean {
    return ((Atomics.load(this.#queue.words, LINE * (1 + reader)) - place) | 0) >= 0;
  }

  #publish(): void {
    Atomics.store(this.#queue.words, HEAD, this.#head);
    Atomics.notify(this.#queue.words, HEAD);
  }

  /** Writes an entry's head; returns its first byte. */
  #entry(to: number, length: number, units: number, shift: number): number {
    const at = this.#queue.at(this.#head);
    const { words } = this.#queue;
    const word = at >> 2;
    words[word] = to;
    words[word + 1] = length;
    words[word + 2] = units;
    words[word + 3] = shift;
    this.#head = (this.#head + units) | 0;
    return at;
  }

  /** Whether an entry and the one that says where the queue goes on have room. */
  #fits(units: number): boolean {
    const total = this.#queue.units;
    const left = total - (this.#head & (total - 1));
    const needed = (left < units ? left : 0) + units + 1;
    if (needed > total) return false;
    if (needed <= total - ((this.#head - this.#tail) | 0)) return true;
    this.#tail = this.#hindmost();
    return needed <= total - ((this.#head - this.#tail) | 0);
  }

  #hindmost(): number {
    let most = 0;
    for (let reader = 0; reader < this.#readers; ++reader) {
      most = Math.max(most, (this.#head - Atomics.load(this.#queue.words, LINE * (1 + reader))) | 0);
    }
    return (this.#head - most) | 0;
  }

  #continue(units: number): void {
    // four times the entry: one that does not fit before the end still fits after it
    const larger = createMailbox(this.#readers, UNIT * Math.max(2 * this.#queue.units, 4 * units));
    this.#entry(CONTINUED, 0, 1, 0);
    this.#publish();
    this.#queue = new Queue(larger, this.#readers);
    this.#head = 0;
    this.#tail = 0;
    this.end();
    this.#continued(larger);
  }
}

export class MailboxReader {
  /** The receiver of the frame found. */
  to = 0;
  /** Counts entries let go, fillers included. */
  passed = 0;
  readonly #reader: number;
  readonly #readers: number;
  #queue: Queue;
  #place = 0;
  #head = 0;

  constructor(buffer: SharedArrayBuffer, reader: number, readers: number) {
    this.#queue = new Queue(buffer, readers);
    this.#reader = reader;
    this.#readers = readers;
  }

  /** Looks at the entry at this reader's place, which stays until `release`. */
  look(): Found {
    const { words } = this.#queue;
    for (;;) {
      if (this.#place === this.#head) {
        this.#head = Atomics.load(words, HEAD);
        if (this.#place === this.#head) return Found.Nothing;
      }
      this.to = words[this.#queue.at(this.#place) >> 2]!;
      if (this.to === CONTINUED) return Found.Continued;
      if (this.to !== FILLER) return Found.Frame;
      this.release();
    }
  }

  /** The frame found, in place: valid until it is let go. */
  get frame(): Uint8Array<SharedArrayBuffer> {
    const { buffer, words } = this.#queue;
    const at = this.#queue.at(this.#place);
    const word = at >> 2;
    return new Uint8Array(buffer, at + UNIT + words[word + 3]!, words[word + 1]!);
  }

  /** Lets the entry go: the writer may use its place. */
  release(): void {
    const { words } = this.#queue;
    this.#place = (this.#place + words[(this.#queue.at(this.#place) >> 2) + 2]!) | 0;
    this.passed += 1;
    Atomics.store(words, LINE * (1 + this.#reader), this.#place);
  }

  /** Goes on in the memory that the writer passed on. */
  continueIn(buffer: SharedArrayBuffer): void {
    this.#queue = new Queue(buffer, this.#readers);
    this.#place = 0;
    this.#head = 0;
  }

  /** Blocks until there is an entry. Not for threads that must stay responsive. */
  wait(): void {
    Atomics.wait(this.#queue.words, HEAD, this.#place);
  }
}
