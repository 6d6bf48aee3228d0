/**
 * Steps as messages: the server broadcasts x^0 once and then only the compressed step C(s) of the last round; all nodes do x <- x +
 * scale C(s) with the same payload, so that x is the same everywhere, bit for bit.
 * Downlink: d elements in round 0, then a message of the codec; nothing where no step was made.
 * State: x, and the message of the step that was not broadcast yet, at the server; x at every worker. Workers that missed a
 *   broadcast are welcomed with x and the first round whose step is not in it.
 */
import type { Bytes, Compressor, NodeEnv, Reader, ServerEnv, Turn, Vec, Writer } from "../core/contracts.ts";
import { iterate } from "./common.ts";

/** The server's part. `codec` may be private to the method: both ends build it. */
export class TrackedServer {
  readonly x: Vec;
  /** Where the message of a step is written. */
  readonly payload: Bytes;
  readonly #codec: Compressor;
  readonly #carrier: Compressor;
  readonly #scale: number;
  readonly #message: Bytes;
  /** Length of the message that the next broadcast takes along; 0 for none. */
  readonly #length: { value: number };
  /** The round after that of the last broadcast. */
  readonly #next: { value: number };

  constructor(env: ServerEnv, codec: Compressor, scale: number) {
    const { ops, state } = env;
    this.x = iterate(env);
    this.payload = state.bytes("step", codec.maxBytes);
    this.#message = ops.bytes(0);
    this.#length = state.scalar("step bytes");
    this.#next = state.scalar("next round");
    this.#codec = codec;
    this.#scale = scale;
    this.#carrier = {
      ...codec,
      encode: (_x, _rng, out) => {
        ops.kernels.move(this.#length.value, this.payload.ptr, out.ptr);
        return this.#length.value;
      },
    };
  }

  open({ round }: Turn, down: Writer): void {
    if (round === 0) down.dense(this.x);
    else if (this.#length.value > 0) down.put(this.#carrier, this.x);
    this.#length.value = 0;
    this.#next.value = round + 1;
  }

  /** Makes the step whose message of `length` bytes stands in `payload`. */
  step(length: number): void {
    this.#codec.addTo(this.#message.at(this.payload.ptr, length), this.#scale, this.x);
    this.#length.value = length;
  }

  welcome(down: Writer): void {
    down.dense(this.x);
    down.scalar(this.#next.value + (this.#length.value > 0 ? 1 : 0));
  }
}

/** A worker's part. */
export class TrackedModel {
  readonly x: Vec;
  readonly #env: NodeEnv;
  readonly #codec: Compressor;
  readonly #scale: number;
  /** The first round whose step is not in x. */
  readonly #from: { value: number };

  constructor(env: NodeEnv, codec: Compressor, scale: number) {
    this.x = env.state.vec("x");
    this.#from = env.state.scalar("first round");
    this.#env = env;
    this.#codec = codec;
    this.#scale = scale;
  }

  /** x of this round. */
  read({ round }: Turn, down: Reader): Vec {
    if (round === 0) this.#env.ops.copy(down.dense(), this.x);
    else if (down.more) down.addTo(this.#codec, round < this.#from.value ? 0 : this.#scale, this.x);
    return this.x;
  }

  join(down: Reader): void {
    this.#env.ops.copy(down.dense(), this.x);
    this.#from.value = down.scalar();
  }
}

/** `compressor` whose payloads go to `take`: for a server that reads them in another way than by adding. */
export const tapped = (compressor: Compressor, take: (payload: Bytes) => void): Compressor => ({
  ...compressor,
  addTo: take,
});
