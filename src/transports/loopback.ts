/**
 * All nodes in one thread: a frame sent is a function called. Deterministic; nothing is copied when the nodes share an
 * arena. `send` returns after every answer to it was delivered.
 */
import type { Transport } from "../core/contracts.ts";

/** The other end: takes a frame, returns the frame to answer with, if any. */
export interface Endpoint {
  receive(frame: Uint8Array): Uint8Array | undefined;
}

export class Loopback implements Transport {
  readonly synchronous = true as const;
  readonly #endpoints: readonly Endpoint[];
  readonly #arena: { readonly buffer: ArrayBuffer } | undefined;
  #receive: (from: number, frame: Uint8Array) => void = () => {};

  /** @param arena the memory that all nodes share, if they do */
  constructor(endpoints: readonly Endpoint[], arena?: { readonly buffer: ArrayBuffer }) {
    this.#endpoints = endpoints;
    this.#arena = arena;
  }

  send(to: number | "all", frame: Uint8Array): void {
    if (to !== "all") {
      this.#deliver(to, frame);
      return;
    }
    const { byteOffset, byteLength, buffer } = frame;
    const shared = buffer === this.#arena?.buffer;
    let current = frame;
    for (let worker = 0; worker < this.#endpoints.length; ++worker) {
      // a node that made the memory grow took the view of the others with it; the frame is where it was
      if (shared && current.buffer !== this.#arena!.buffer) {
        current = new Uint8Array(this.#arena!.buffer, byteOffset, byteLength);
      }
      this.#deliver(worker, current);
    }
  }

  #deliver(worker: number, frame: Uint8Array): void {
    const answer = this.#endpoints[worker]!.receive(frame);
    if (answer) this.#receive(worker, answer);
  }

  onFrame(receive: (from: number, frame: Uint8Array) => void): void {
    this.#receive = receive;
  }

  onMember(change: (id: number, present: boolean) => void): void {
    for (let worker = 0; worker < this.#endpoints.length; ++worker) change(worker, true);
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}
