/** A node of a decentralised method. */
import type { PeerNode } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { FROM_SERVER, Kind } from "../wire/frame.ts";
import { type HostSetup, NodeHost } from "./node.ts";

/**
 * A tick gets this peer's message; the neighbours' messages, in order of their ids, close the turn. Nobody notices here
 * that a message was lost, so a gap is an error: neighbours that miss one no longer average the same numbers.
 */
export class PeerHost extends NodeHost {
  readonly #node: PeerNode;
  readonly #neighbours: readonly { id: number }[];
  #heard = 0;

  constructor(setup: HostSetup) {
    super(setup);
    const { n, dim, worker, codecs, start, topology } = setup;
    if (!setup.method.peer || !topology)
      throw new TypeError(`${setup.method.name}: has no peers, or no topology is given`);
    this.#neighbours = topology.neighbours;
    this.#heard = topology.neighbours.length;
    this.#node = setup.method.peer(
      {
        n,
        dim,
        worker,
        codecs,
        ops: this.ops,
        state: this.state,
        rng: this.rng,
        common: this.common,
        oracle: this.oracle,
        start: this.ops.from(start),
        self: topology.self,
        neighbours: topology.neighbours,
        ...(this.optimum && { optimum: this.optimum }),
      },
      setup.options,
    );
    this.built();
  }

  receive(frame: Uint8Array): Uint8Array | undefined {
    const { side, worker } = this;
    if (!this.accepts(side, frame)) return undefined;
    if (side.kind === Kind.Control) return this.control(this.#node.x);
    if (side.kind === Kind.Tick && side.sender === FROM_SERVER) return this.#send();
    if (side.kind !== Kind.Peer) throw new WireError("kind", `peer ${worker}: unexpected frame kind ${side.kind}`);
    const expected = this.#neighbours[this.#heard]?.id;
    if (side.sender !== expected || side.round !== this.turn.round || side.exchange !== this.turn.exchange) {
      throw new WireError(
        "turn",
        `peer ${worker}: expected round ${this.turn.round} of ${expected}, got ${side.round} of ${side.sender}`,
      );
    }
    this.#node.receive(this.turn, side.sender, side);
    side.done();
    if (++this.#heard === this.#neighbours.length) this.#node.close(this.turn);
    return undefined;
  }

  #send(): Uint8Array {
    const { side, writer, worker } = this;
    if (this.#heard !== this.#neighbours.length) {
      const missing = this.#neighbours[this.#heard]!.id;
      throw new WireError("turn", `peer ${worker}: round ${this.turn.round} lacks the message of ${missing}`);
    }
    const turn = this.enter(side);
    this.#heard = 0;
    writer.begin(Kind.Peer, this.run, turn, worker);
    this.#node.send(turn, writer);
    side.done();
    if (this.#neighbours.length === 0) this.#node.close(turn);
    return writer.finish(this.zero);
  }
}
