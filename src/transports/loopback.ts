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
  #receive: (from: number, frame: Uint8Array) => void = () => {};

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  send(to: number | "all", frame: Uint8Array): void {
    if (to !== "all") {
      this.#deliver(to, frame);
      return;
    }
    for (let worker = 0; worker < this.#endpoints.length; ++worker) this.#deliver(worker, frame);
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
