/** What servers of all kinds are built from. */
import type { Method, Ops, Prox, Resolved, ServerEnv, Slots, Transport } from "../core/contracts.ts";
import { COMMON, Rng, SERVER } from "../core/rng.ts";
import { FrameReader } from "../wire/frame.ts";
import { Clock } from "./clock.ts";
import { Ledger } from "./ledger.ts";
import { frameLimit } from "./node.ts";
import type { PatienceLimits } from "./patience.ts";
import type { Participation } from "./sampling.ts";
import type { NodeState } from "./state.ts";

export interface ServerSetup {
  ops: Ops;
  run: number;
  n: number;
  dim: number;
  seed: bigint;
  method: Method;
  options: Resolved;
  start: Float64Array;
  optimum?: Float64Array;
  /** Slots of every worker. */
  codecs: readonly Slots[];
  /** Close a round without the workers that did not answer; else they are asked again. */
  partial?: boolean;
  /** With `partial`: replies without which no round closes; default 1. */
  quorum?: number;
  /** Take back messages that are intact but wrong, and ban who sends them; else they end the run. */
  guard?: boolean;
  /** Transports that may lose messages: how long to wait before asking again. */
  patience?: PatienceLimits;
  /** Keep what a worker needs to be welcomed back (see ServerEnv.resync). */
  resync?: boolean;
  clock?: Clock | undefined;
  /** psi; the method covers it. */
  prox?: Prox | undefined;
  /** grad f(x*) where there is a psi, for methods that need x*. */
  optimumGradient?: Float64Array | undefined;
  /** Who takes part in a round; everyone when absent. */
  participation?: Participation | undefined;
  /** The output is an average of the iterates (average.ts), with this factor between weights. */
  average?: number | undefined;
}

/** A transport whose `send` returns after every answer to it was delivered. */
export type InProcess = Transport & { readonly synchronous?: true };

/** How often a synchronous transport is asked for the same answer. */
export const MAX_ATTEMPTS = 64;

/** What asynchronous and synchronous servers are built from. */
export function serverEnv(setup: ServerSetup, state: NodeState): { env: ServerEnv; rng: Rng; common: Rng } {
  const { ops, n, dim, seed } = setup;
  const rng = new Rng(ops, seed, SERVER);
  const common = new Rng(ops, seed, COMMON);
  const env: ServerEnv = {
    n,
    dim,
    ops,
    state,
    rng,
    common,
    codecs: setup.codecs,
    start: ops.from(setup.start),
    resync: setup.resync === true,
    ...(setup.optimum && { optimum: ops.from(setup.optimum) }),
    ...(setup.prox && { prox: setup.prox }),
    ...(setup.optimumGradient && { optimumGradient: ops.from(setup.optimumGradient) }),
  };
  return { env, rng, common };
}

/** A reader for the frames of any worker of this run. */
export function serverReader({ ops, dim, n, codecs }: ServerSetup): FrameReader {
  return new FrameReader(ops, dim, n, Math.max(...codecs.map((slots) => frameLimit(dim, slots))));
}

/** Round, traffic and clock in a state, so that a checkpoint holds them. */
export class Meters {
  readonly #ops: Ops;
  readonly #ptr: number;
  readonly #ledger: Ledger;
  readonly #clock: Clock | undefined;
  readonly #n: number;

  constructor({ ops, n, clock }: ServerSetup, state: NodeState, ledger: Ledger) {
    this.#ops = ops;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#n = n;
    this.#ptr = state.bytes("meters", 8 * (1 + Ledger.SIZE + Clock.size(n))).ptr;
  }

  write(round: number): void {
    this.#numbers(0, 1)[0] = round;
    this.#ledger.write(this.#numbers(1, Ledger.SIZE));
    this.#clock?.write(this.#numbers(1 + Ledger.SIZE, Clock.size(this.#n)));
  }

  /** Returns the round. */
  read(): number {
    this.#ledger.read(this.#numbers(1, Ledger.SIZE));
    this.#clock?.read(this.#numbers(1 + Ledger.SIZE, Clock.size(this.#n)));
    return this.#numbers(0, 1)[0]!;
  }

  #numbers(from: number, count: number): Float64Array {
    return new Float64Array(this.#ops.arena.buffer, this.#ptr + 8 * from, count);
  }
}
