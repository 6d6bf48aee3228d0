/** Publishes, with a bound on what waits for the broker. */
import type { NatsConnection } from "@nats-io/nats-core";
import { messages, type Type } from "./envelope.ts";

const MAX_PENDING = 64 * 2 ** 20;
/** Before the broker has said its own. */
const MAX_PAYLOAD = 2 ** 20;

export class Outbox {
  /** Sends given up because too much waited: as if they were lost on the way. */
  refused = 0;
  readonly #connection: NatsConnection;
  readonly #maxPending: number;
  #pending = 0;
  #id = 0;
  #flushing = false;

  /** @param maxPending bytes; default 64 MiB */
  constructor(connection: NatsConnection, maxPending: number = MAX_PENDING) {
    this.#connection = connection;
    this.#maxPending = maxPending;
  }

  /**
   * Sends a body, in chunks if the broker takes no message that long. It is copied.
   * @param always whatever waits: for what is sent once
   */
  send(subject: string, type: Type, body: Uint8Array, always = false): void {
    if (this.#connection.isClosed()) return;
    if (!always && this.#pending + body.length > this.#maxPending) {
      this.refused += 1;
      return;
    }
    this.#id = (this.#id + 1) >>> 0;
    for (const message of messages(type, body, this.#connection.info?.max_payload ?? MAX_PAYLOAD, this.#id)) {
      this.#pending += message.length;
      this.#connection.publish(subject, message);
    }
    if (!this.#flushing) void this.#drain();
  }

  /** Takes off what the broker has got, until nothing waits. */
  async #drain(): Promise<void> {
    this.#flushing = true;
    while (this.#pending > 0 && !this.#connection.isClosed()) {
      const before = this.#pending;
      try {
        await this.#connection.flush();
      } catch {
        break; // the connection is closed
      }
      this.#pending -= before;
    }
    this.#flushing = false;
  }
}
