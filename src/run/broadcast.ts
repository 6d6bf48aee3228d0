/** What everyone is told: the frame and the chain of all such frames. */
import type { Turn } from "../core/contracts.ts";
import { Rng, SERVER } from "../core/rng.ts";
import { Chain } from "../wire/chain.ts";
import { FROM_SERVER, FrameWriter, Kind } from "../wire/frame.ts";
import type { ServerSetup } from "./server.ts";
import type { NodeState } from "./state.ts";

export class Broadcast {
  readonly writer: FrameWriter;
  /** All broadcasts. */
  readonly chain: Chain;
  /** All but the last. */
  readonly before: Chain;
  readonly #setup: ServerSetup;

  constructor(setup: ServerSetup, state: NodeState) {
    const { ops, seed, n } = setup;
    this.#setup = setup;
    this.writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.chain = new Chain(ops, state.bytes("broadcast chain", 16));
    this.before = new Chain(ops);
  }

  begin(turn: Turn, selection: Uint8Array | undefined, absence: Uint8Array | undefined): FrameWriter {
    return this.writer.begin(Kind.Down, this.#setup.run, turn, FROM_SERVER, selection, absence);
  }

  /** Closes the frame, which is then the last of the chain. */
  finish(): void {
    const { writer, chain, before } = this;
    writer.finish(chain.ptr);
    before.set(chain.ptr);
    chain.absorb(writer.hashPtr);
  }
}
