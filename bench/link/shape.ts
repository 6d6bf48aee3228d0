/**
 * A link that can be shaped, for machines where `tc` cannot do it: a TCP proxy that holds what crosses. Each direction of
 * each connection is a wire of its own: bytes leave at `bandwidth`, one packet after the other, and arrive `latency` later.
 * What waits is bounded by pausing the socket that is read, as a full buffer of a router's would be by TCP.
 */
import { createServer, connect as dial, type Server, type Socket } from "node:net";

export interface Shape {
  /** Bits per second in each direction. */
  bandwidth: number;
  /** Seconds one way. */
  latency: number;
}

const PACKET = 1448; // a TCP segment's payload on Ethernet
/** Bytes on the wire and before it beyond which the sender is held up. */
const HIGH = 256 * 1024;
/** A timer's steps; packets that are due within one leave together. */
const STEP_MS = 1;

/** One direction of one connection. */
class Wire {
  readonly #shape: Shape;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: { due: number; bytes: Buffer }[] = [];
  #waiting = 0;
  /** When the last byte taken has left, ms. */
  #free = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(from: Socket, to: Socket, shape: Shape) {
    this.#shape = shape;
    this.#from = from;
    this.#to = to;
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.on("end", () => {
      this.#ended = true;
      this.#deliver();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(bytes: Buffer): void {
    const { bandwidth, latency } = this.#shape;
    for (let at = 0; at < bytes.length; at += PACKET) {
      const packet = bytes.subarray(at, at + PACKET);
      this.#free = Math.max(this.#free, performance.now()) + (8000 * packet.length) / bandwidth;
      this.#queue.push({ due: this.#free + 1000 * latency, bytes: packet });
    }
    this.#waiting += bytes.length;
    if (this.#waiting > HIGH) this.#from.pause();
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    const until = performance.now() + STEP_MS / 2;
    let count = 0;
    for (; count < this.#queue.length && this.#queue[count]!.due <= until; ++count) {
      const { bytes } = this.#queue[count]!;
      this.#to.write(bytes);
      this.#waiting -= bytes.length;
    }
    this.#queue.splice(0, count);
    if (this.#waiting <= HIGH) this.#from.resume();
    const next = this.#queue[0];
    if (next) this.#timer = setTimeout(() => this.#deliver(), Math.max(STEP_MS, next.due - performance.now()));
    else if (this.#ended) this.#to.end();
  }
}

export interface ShapedLink {
  readonly port: number;
  close(): Promise<void>;
}

/** A port on 127.0.0.1 whose connections go on to `target` over links of this shape; without one, at once. */
export async function shapedLink(target: number, shape?: Shape): Promise<ShapedLink> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = dial({ port: target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    const wires = shape ? [new Wire(near, far, shape), new Wire(far, near, shape)] : [];
    if (!shape) near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", (failed: boolean) => {
        sockets.delete(socket);
        if (!failed) return; // both of its directions are over; what is still on the wires arrives
        for (const wire of wires) wire.close();
        (socket === near ? far : near).destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy(new Error("the link is cut"));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
