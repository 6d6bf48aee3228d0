/** What everyone is told: the frame, the chain of all such frames, and what all know of the iterate where it is compressed. */
import type { Turn } from "../core/contracts.ts";
import { Rng, SERVER } from "../core/rng.ts";
import { Chain } from "../wire/chain.ts";
import { FROM_SERVER, FrameWriter, Kind } from "../wire/frame.ts";
import { downlinkCodec, Sending } from "./downlink.ts";
import type { ServerSetup } from "./server.ts";
import type { NodeState } from "./state.ts";

export class Broadcast {
  readonly writer: FrameWriter;
  /** All broadcasts. */
  readonly chain: Chain;
  /** All but the last. */
  readonly before: Chain;
  readonly #setup: ServerSetup;
  readonly #downlink: Sending | undefined;

  constructor(setup: ServerSetup, state: NodeState) {
    const { ops, seed, n, dim, start, method, codecs } = setup;
    this.#setup = setup;
    this.writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.chain = new Chain(ops, state.bytes("broadcast chain", 16));
    this.before = new Chain(ops);
    const codec = downlinkCodec(method, codecs[0]);
    if (codec) this.#downlink = new Sending({ ops, dim, start, state, codec });
    this.writer.link = this.#downlink;
  }

  begin(turn: Turn, selection: Uint8Array | undefined, absence: Uint8Array | undefined): FrameWriter {
    this.#downlink?.begin();
    return this.writer.begin(Kind.Down, this.#setup.run, turn, FROM_SERVER, selection, absence);
  }

  /** Closes the frame, which is then the last of the chain. */
  finish(): void {
    const { writer, chain, before } = this;
    this.#downlink?.end();
    writer.finish(chain.ptr);
    before.set(chain.ptr);
    chain.absorb(writer.hashPtr);
  }

  /** What a welcome holds for the runtime. @param after whether the worker is to have the last broadcast already */
  welcome(writer: FrameWriter, after: boolean): void {
    this.#downlink?.welcome(writer, after);
  }
}
