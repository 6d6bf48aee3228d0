/**
 * Downlink compression: the iterate x of a broadcast goes out as C(x - w), and w <- w + C(x - w) at the server and at every
 * worker that gets the broadcast, asked to reply or not. Both ends move w by the same payload, in step with the chain of
 * broadcasts: a repeated one moves nothing, and after a gap a welcome brings w itself.
 * State: w at the server and at every worker, x^0 at first.
 * Source: Gruntkowska, Tyurin and Richtarik, EF21-P, arXiv 2209.15218.
 */
import type { Compressor, Method, Ops, Slots, State, Vec } from "../core/contracts.ts";
import type { FrameReader, FrameWriter } from "../wire/frame.ts";

/** The slot of downlink compression. */
export const MODEL = "model";

/** The compressor of broadcasts, if there is one; a method may have a slot of this name for itself. */
export function downlinkCodec({ covers }: Pick<Method, "covers">, codecs: Slots | undefined): Compressor | undefined {
  return covers?.includes("downlink") ? codecs?.[MODEL] : undefined;
}

interface DownlinkEnv {
  readonly ops: Ops;
  readonly dim: number;
  readonly state: State;
  readonly codec: Compressor;
  readonly start: Float64Array;
}

/** The server's end. */
export class Sending {
  /** w before this exchange's broadcast. */
  readonly #before: Vec;
  readonly #w: Vec;
  readonly #u: Vec;
  readonly #ops: Ops;
  readonly #codec: Compressor;
  #sent = false;

  constructor({ ops, dim, state, codec, start }: DownlinkEnv) {
    this.#ops = ops;
    this.#codec = codec;
    this.#w = state.vec("downlink w");
    this.#w.view.set(start);
    this.#before = ops.vec(dim);
    this.#u = ops.vec(dim);
  }

  begin(): void {
    this.#sent = false;
  }

  /** What `Writer.model` does. */
  put(writer: FrameWriter, x: Vec): void {
    const ops = this.#ops;
    if (this.#sent) throw new TypeError("downlink: a broadcast holds the iterate once");
    this.#sent = true;
    ops.copy(this.#w, this.#before);
    ops.sub(x, this.#w, this.#u);
    writer.put(this.#codec, this.#u).addTo(1, this.#w);
  }

  end(): void {
    if (!this.#sent) throw new TypeError("downlink: a method that covers it begins every broadcast with the iterate");
  }

  /** Into a welcome. @param after whether the worker is to have this exchange's broadcast already */
  welcome(writer: FrameWriter, after: boolean): void {
    writer.dense(after ? this.#w : this.#before);
  }
}

/** A worker's end. */
export class Receiving {
  readonly w: Vec;
  readonly #ops: Ops;
  readonly #codec: Compressor;

  constructor({ ops, state, codec, start }: Omit<DownlinkEnv, "dim">) {
    this.#ops = ops;
    this.#codec = codec;
    this.w = state.vec("downlink w");
    this.w.view.set(start);
  }

  /** Takes the first part of a broadcast that follows the last one. */
  read(broadcast: FrameReader): void {
    broadcast.addTo(this.#codec, 1, this.w);
  }

  join(welcome: FrameReader): void {
    this.#ops.copy(welcome.dense(), this.w);
  }
}
