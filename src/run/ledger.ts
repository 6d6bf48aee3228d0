/** Traffic as measured on frames, in bits; payload and framing apart. A frame sent again because it was lost counts once. */
export interface Measured {
  readonly payloadBytes: number;
  readonly framingBytes: number;
}

export class Ledger {
  readonly #n: number;
  #upPayload = 0;
  #upCompressed = 0;
  #upFraming = 0;
  #downPayload = 0;
  #downFraming = 0;

  constructor(n: number) {
    this.#n = n;
  }

  /** A frame from a worker, after its parts were read. */
  up(_worker: number, frame: Measured & { readonly compressedBytes?: number }): void {
    this.#upPayload += frame.payloadBytes;
    this.#upCompressed += frame.compressedBytes ?? 0;
    this.#upFraming += frame.framingBytes;
  }

  /** A frame to `receivers` workers. */
  down(receivers: number, frame: Measured): void {
    this.#downPayload += receivers * frame.payloadBytes;
    this.#downFraming += receivers * frame.framingBytes;
  }

  /** Numbers that `write` and `read` move. */
  static readonly SIZE = 5;

  /** Into a checkpoint. */
  write(into: Float64Array): void {
    into.set([this.#upPayload, this.#upCompressed, this.#upFraming, this.#downPayload, this.#downFraming]);
  }

  read(from: Float64Array): void {
    this.#upPayload = from[0]!;
    this.#upCompressed = from[1]!;
    this.#upFraming = from[2]!;
    this.#downPayload = from[3]!;
    this.#downFraming = from[4]!;
  }

  /** Mean per worker, bits. */
  get uplinkBits(): number {
    return (8 * this.#upPayload) / this.#n;
  }
  /** Of `uplinkBits`, those of compressors' payloads: dense shifts and scalars left out. */
  get uplinkCompressedBits(): number {
    return (8 * this.#upCompressed) / this.#n;
  }
  get uplinkFramingBits(): number {
    return (8 * this.#upFraming) / this.#n;
  }
  get downlinkBits(): number {
    return (8 * this.#downPayload) / this.#n;
  }
  get downlinkFramingBits(): number {
    return (8 * this.#downFraming) / this.#n;
  }
}
