/** Traffic as measured on frames, in bits; payload and framing apart. */
export interface Measured {
  readonly payloadBytes: number;
  readonly framingBytes: number;
}

export class Ledger {
  readonly #n: number;
  #upPayload = 0;
  #upFraming = 0;
  #downPayload = 0;
  #downFraming = 0;

  constructor(n: number) {
    this.#n = n;
  }

  /** A frame from a worker. */
  up(_worker: number, frame: Measured): void {
    this.#upPayload += frame.payloadBytes;
    this.#upFraming += frame.framingBytes;
  }

  /** A frame to `receivers` workers. */
  down(receivers: number, frame: Measured): void {
    this.#downPayload += receivers * frame.payloadBytes;
    this.#downFraming += receivers * frame.framingBytes;
  }

  /** Mean per worker, bits. */
  get uplinkBits(): number {
    return (8 * this.#upPayload) / this.#n;
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
