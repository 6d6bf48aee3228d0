/** Nodes that do what the first byte of a frame says; for tests of the transport alone. */
import { parentPort } from "node:worker_threads";
import { type FromThread, ThreadSide, type ToThread } from "../../src/transports/thread.ts";

export enum Do {
  Echo = 0,
  Silence = 1,
  Throw = 2,
  Exit = 3,
  Hang = 4,
  /** Answers with ten times the frame. */
  Swell = 5,
}

function receive(node: number, frame: Uint8Array): Uint8Array | undefined {
  switch (frame[0] as Do) {
    case Do.Echo:
      return frame;
    case Do.Throw:
      throw new RangeError(`node ${node} was told to throw`);
    case Do.Exit:
      process.exit(7);
      break;
    case Do.Hang:
      for (const end = performance.now() + 60_000; performance.now() < end; );
      break;
    case Do.Swell: {
      const answer = new Uint8Array(10 * frame.length);
      for (let i = 0; i < 10; ++i) answer.set(frame, i * frame.length);
      return answer;
    }
  }
  return undefined;
}

if (parentPort) {
  const port = parentPort;
  const side = new ThreadSide(
    (message: FromThread) => port.postMessage(message),
    ({ first, count, setup }, building) => ({
      endpoints: Array.from({ length: count }, (_, i) => {
        building(first + i);
        if (setup === first + i) throw new TypeError("told not to be built");
        return { receive: (frame: Uint8Array) => receive(first + i, frame) };
      }),
    }),
  );
  port.on("message", (message: ToThread) => {
    if (side.handle(message)) port.close();
  });
}
