/**
 * A decentralised run: in every turn each peer makes one message for its neighbours, then hears theirs in order of
 * their ids. A hub passes the frames on; it reads nothing but their size.
 */
import type { Transport, Vec } from "../core/contracts.ts";
import { Rng, SERVER } from "../core/rng.ts";
import { FROM_SERVER, FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import { Control, frameLimit } from "./host.ts";
import { Ledger } from "./ledger.ts";
import { Pending } from "./pending.ts";
import type { InProcess, ServerSetup } from "./rounds.ts";
import type { Neighbourhood } from "./topology.ts";

export class PeerHub {
  readonly ledger: Ledger;
  round = 0;
  readonly #setup: ServerSetup;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #topology: readonly Neighbourhood[];
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #zero: number;
  readonly #frames: (Uint8Array | undefined)[];
  #iterates: Vec[] | undefined;
  #missing = 0;
  #gather: ((from: number, reader: FrameReader) => void) | undefined;
  #resume: (() => void) | undefined;

  constructor(setup: ServerSetup, transport: Transport, topology: readonly Neighbourhood[]) {
    const { ops, n, dim, seed } = setup;
    this.#setup = setup;
    this.#transport = transport;
    this.#topology = topology;
    this.ledger = new Ledger(n);
    this.#writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#reader = new FrameReader(ops, dim, n, Math.max(...setup.codecs.map((slots) => frameLimit(dim, slots))));
    this.#zero = ops.bytes(8).ptr;
    this.#frames = new Array(n);
    this.#pending = new Pending(transport);
    transport.onFrame((from, frame) => this.#arrived(from, frame));
  }

  /** Plays one turn. */
  play(): Promise<void> | undefined {
    this.#frames.fill(undefined);
    this.#missing = this.#setup.n;
    const turn = { round: this.round, exchange: 0 };
    this.#writer.begin(Kind.Tick, this.#setup.run, turn, FROM_SERVER);
    this.#transport.send("all", this.#writer.finish(this.#zero));
    if (this.#missing === 0) {
      this.#passOn();
      return undefined;
    }
    return this.#pending
      .promise((resolve) => {
        this.#resume = resolve;
      })
      .then(() => this.#passOn());
  }

  #passOn(): void {
    const { clock, n } = this.#setup;
    let slowest = 0;
    for (let i = 0; i < n; ++i) {
      let finished = clock ? clock.compute(i) : 0;
      for (const { id } of this.#topology[i]!.neighbours) {
        const frame = this.#frames[id]!;
        this.ledger.up(id, this.#reader.open(frame));
        this.ledger.down(1, this.#reader);
        if (clock) finished += clock.transfer("uplink", id, frame.length);
        this.#transport.send(i, frame);
      }
      slowest = Math.max(slowest, finished);
    }
    if (clock) clock.now += slowest;
    this.round += 1;
  }

  #arrived(from: number, frame: Uint8Array): void {
    if ((frame[0]! & 7) === Kind.Control) {
      this.#gather?.(from, this.#reader.open(frame));
      return;
    }
    if (this.#frames[from] !== undefined) return;
    this.#frames[from] = this.#transport.synchronous ? frame : frame.slice();
    this.#missing -= 1;
    if (this.#missing > 0) return;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** mean = the mean of the peers' iterates; returns the largest squared distance of one from it. Not counted as traffic. */
  async iterates(mean: Vec): Promise<number> {
    const { ops, n, run, dim } = this.#setup;
    this.#iterates ??= Array.from({ length: n }, () => ops.vec(dim));
    const all = this.#iterates;
    await this.#pending.promise((resolve) => {
      let left = n;
      this.#gather = (from, reader) => {
        ops.copy(reader.dense(), all[from]!);
        left -= 1;
        if (left === 0) resolve();
      };
      this.#writer.begin(Kind.Control, run, { round: this.round, exchange: Control.Iterate }, FROM_SERVER);
      this.#transport.send("all", this.#writer.finish(this.#zero));
    });
    ops.fill(0, mean);
    for (const x of all) ops.axpy(1 / n, x, mean);
    return all.reduce((largest, x) => Math.max(largest, ops.distance2(x, mean)), 0);
  }
}
