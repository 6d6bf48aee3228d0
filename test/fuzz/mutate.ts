/** Mutations of bytes, from a seed: what damages a message in a way that a careless decoder would follow. */

/** xorshift32, seeded through a multiplicative hash so that neighbouring seeds differ. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 15)) | 1;
    for (let i = 0; i < 8; ++i) this.next();
  }

  /** 0..2^32-1. */
  next(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return s >>> 0;
  }

  /** 0..n-1, n >= 1. */
  below(n: number): number {
    return this.next() % n;
  }
}

/** Words that lengths, counts and indices should not be, and numbers that entries should not be. */
const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const NUMBERS = [Number.NaN, Infinity, -Infinity, -0, 5e-324, 1.7e308, -1.7e308, 3.5e38];
/** Headers and lists of counts stand within so many bytes from an end. */
const EDGE = 24;
/** Changes per mutant, at most, and bytes inserted or removed by one. */
const CHANGES = 3;
const LONGEST = 16;

/** Makes mutants in memory of its own: each is valid until the next. */
export class Mutator {
  #out = new Uint8Array(1 << 12);
  #length = 0;

  /** One to three changes. @param other where foreign pieces come from @param kept bytes at the end that stay the end */
  mutate(dice: Dice, bytes: Uint8Array, other: Uint8Array, kept = 0): Uint8Array {
    const body = bytes.length - Math.min(kept, bytes.length);
    this.#reserve(bytes.length + CHANGES * (other.length + LONGEST) + EDGE);
    this.#out.set(bytes.subarray(0, body));
    this.#length = body;
    for (let changes = 1 + (dice.below(4) === 0 ? dice.below(CHANGES) : 0); changes > 0; --changes)
      this.#change(dice, other);
    this.#out.set(bytes.subarray(body), this.#length);
    return this.#out.subarray(0, this.#length + bytes.length - body);
  }

  #reserve(bytes: number): void {
    if (this.#out.length < bytes) this.#out = new Uint8Array(2 * bytes);
  }

  #position(dice: Dice): number {
    const length = Math.max(1, this.#length);
    const where = dice.below(4);
    if (where === 0) return dice.below(Math.min(EDGE, length));
    if (where === 1) return length - 1 - dice.below(Math.min(EDGE, length));
    return dice.below(length);
  }

  #change(dice: Dice, other: Uint8Array): void {
    const out = this.#out;
    const at = this.#position(dice);
    switch (dice.below(10)) {
      case 0:
      case 1:
      case 2:
        out[at]! ^= 1 << dice.below(8);
        break;
      case 3:
        out[at] = dice.below(2) ? dice.next() : WORDS[dice.below(5)]!;
        break;
      case 4:
        this.#put(at, 4, (view) => view.setUint32(at, WORDS[dice.below(WORDS.length)]!, true));
        break;
      case 5: {
        const value = NUMBERS[dice.below(NUMBERS.length)]!;
        if (dice.below(2)) this.#put(at, 4, (view) => view.setFloat32(at, value, true));
        else this.#put(at, 8, (view) => view.setFloat64(at, value, true));
        break;
      }
      case 6:
        this.#length = at;
        break;
      case 7: {
        // the end of another message
        const from = dice.below(other.length + 1);
        out.set(other.subarray(from), at);
        this.#length = at + other.length - from;
        break;
      }
      case 8: {
        const count = 1 + dice.below(LONGEST);
        out.copyWithin(at + count, at, this.#length);
        for (let i = 0; i < count; ++i) out[at + i] = dice.next();
        this.#length += count;
        break;
      }
      default: {
        const count = Math.min(this.#length - at, 1 + dice.below(LONGEST));
        if (count <= 0) break;
        out.copyWithin(at, at + count, this.#length);
        this.#length -= count;
      }
    }
  }

  #put(at: number, bytes: number, write: (view: DataView) => void): void {
    if (at + bytes <= this.#length) write(new DataView(this.#out.buffer));
  }
}
