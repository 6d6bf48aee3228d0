/** The states of a server and its workers between two rounds: asked for, and given back. */
import type { FrameReader } from "../wire/frame.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Checkpoint, ControlLine } from "./control.ts";
import { Control } from "./node.ts";
import type { Participants } from "./participants.ts";
import type { Patience } from "./patience.ts";
import type { Pending } from "./pending.ts";
import type { Meters, ServerSetup } from "./server.ts";
import type { NodeState } from "./state.ts";

/** Questions to a worker that a run can do without. */
const ATTEMPTS = 3;

export interface CheckpointParts {
  setup: ServerSetup;
  meters: Meters;
  state: NodeState;
  control: ControlLine;
  broadcast: Broadcast;
  asked: Participants;
  pending: Pending;
  patience: Patience | undefined;
}

export class Checkpoints {
  readonly #parts: CheckpointParts;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  async snapshot(round: number): Promise<Checkpoint> {
    const { setup, meters, state } = this.#parts;
    const workers: Uint8Array[] = [];
    for (let i = 0; i < setup.n; ++i) workers.push(await this.#ask(i, round, Control.Snapshot));
    meters.write(round);
    return { server: state.snapshot(), workers };
  }

  /** Returns the round that comes next. */
  async restore({ server, workers }: Checkpoint): Promise<number> {
    const { setup, meters, state, asked } = this.#parts;
    state.restore(server);
    const round = meters.read();
    asked.clearAbsence(); // the workers were told before they gave their states
    for (let i = 0; i < setup.n; ++i) {
      if (workers[i]!.length > 0) await this.#ask(i, round, Control.Restore, workers[i]!);
    }
    return round;
  }

  /** Where rounds close without the absent, so do checkpoints: their state is empty, and they are welcomed when they are back. */
  async #ask(worker: number, round: number, what: Control, content?: Uint8Array): Promise<Uint8Array> {
    const { setup, control, broadcast, asked, pending, patience } = this.#parts;
    const spared = setup.partial && setup.resync && patience !== undefined;
    const question = {
      what,
      round,
      digest: broadcast.chain.ptr,
      absent: asked.absence,
      ...(content && { content }),
      ...(spared && { attempts: ATTEMPTS }),
    };
    const read = (reader: FrameReader) => (reader.more ? reader.raw() : new Uint8Array());
    try {
      return await control.ask(worker, question, read, patience);
    } catch (error) {
      if (spared && !pending.failed) return new Uint8Array();
      throw error;
    }
  }
}
