/** Bit streams, least significant bit first, byte by byte. */

export class BitWriter {
  private fill = 0;
  private byte = 0;
  private readonly start: number;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {
    this.start = at;
  }

  /** `value` below 2^width, width 0..32. */
  put(value: number, width: number): void {
    let rest = value;
    for (let left = width; left > 0; ) {
      const take = Math.min(8 - this.fill, left);
      this.byte |= (rest % 2 ** take) << this.fill;
      rest = Math.floor(rest / 2 ** take);
      this.fill += take;
      left -= take;
      if (this.fill === 8) this.flush();
    }
  }

  zeros(count: number): void {
    for (let left = count; left > 0; left -= 32) this.put(0, Math.min(32, left));
  }

  /** Pads with zeros to a whole byte; returns the bytes written so far. */
  finish(): number {
    if (this.fill > 0) this.flush();
    return this.at - this.start;
  }

  private flush(): void {
    this.bytes[this.at++] = this.byte;
    this.byte = 0;
    this.fill = 0;
  }
}

export class BitReader {
  /** Bits read. Past the end of the bytes every bit is zero and `overrun` is set. */
  position = 0;
  overrun = false;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    private readonly available: number,
  ) {}

  bit(): number {
    const at = Math.floor(this.position / 8);
    const shift = this.position % 8;
    this.position += 1;
    if (at >= this.available) {
      this.overrun = true;
      return 0;
    }
    return (this.bytes[this.start + at]! >> shift) & 1;
  }

  take(width: number): number {
    let value = 0;
    for (let i = 0; i < width; ++i) value += this.bit() * 2 ** i;
    return value;
  }

  /** Reads on to a whole byte; whether those bits were zero and nothing was missing. */
  padding(): boolean {
    let ones = 0;
    while (this.position % 8 > 0) ones += this.bit();
    return ones === 0 && !this.overrun;
  }

  get consumed(): number {
    return Math.ceil(this.position / 8);
  }
}
