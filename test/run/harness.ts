/** Builds a run of any method, registered or not, over a loopback that may lose, repeat, damage and delay frames. */
import type { Backend } from "../../bindings/load.ts";
import type { Dtype, Method, Problem, Resolved, Shard, Transport } from "../../src/core/contracts.ts";
import { type EstimatorChoice, estimationOf } from "../../src/estimators/index.ts";
import type { ProxChoice } from "../../src/prox/index.ts";
import { Clock, type NetworkSpec } from "../../src/run/clock.ts";
import { createOps, createSlots } from "../../src/run/cluster.ts";
import { completeFacts, resolveStep } from "../../src/run/estimation.ts";
import { gradientAt, optimumOf } from "../../src/run/evaluator.ts";
import { AsyncServer } from "../../src/run/events.ts";
import { asksDownlink, averageFactor, checkExtras } from "../../src/run/extras.ts";
import { createFacts } from "../../src/run/facts.ts";
import { createHost, type HostSetup, type PeerHost, type WorkerHost } from "../../src/run/host.ts";
import { PeerHub } from "../../src/run/peers.ts";
import { RoundServer, type ServerSetup } from "../../src/run/rounds.ts";
import { type ParticipationChoice, participationOf } from "../../src/run/sampling.ts";
import { NodeState } from "../../src/run/state.ts";
import { type Neighbourhood, type TopologyName, topology } from "../../src/run/topology.ts";
import { lcg } from "../kernels/harness.ts";

export interface RunSettings {
  method: Method;
  problem: Problem;
  options?: Readonly<Record<string, unknown>>;
  /** One set of slots for all workers, or one each. */
  slots?: Readonly<Record<string, string>> | readonly Readonly<Record<string, string>>[];
  backend?: Backend;
  dtype?: Dtype;
  seed?: number;
  start?: Float64Array;
  estimator?: EstimatorChoice["estimator"];
  batch?: number;
  partial?: boolean;
  resync?: boolean;
  guard?: boolean;
  network?: NetworkSpec;
  topology?: TopologyName;
  prox?: ProxChoice;
  participation?: ParticipationChoice;
  average?: "uniform" | "weighted";
  faults?: FaultSettings;
}

type Host = WorkerHost | PeerHost;

/** Chances per frame and direction. */
export interface FaultSettings {
  seed: number;
  drop?: number;
  repeat?: number;
  damage?: number;
  /** Held back and delivered 1..12 frames later. */
  delay?: number;
}

/** A loopback that treats frames as a bad network does, by a schedule that its seed fixes. */
export class Network implements Transport {
  readonly synchronous = true as const;
  readonly hosts: Host[];
  on = true;
  /** What arrives at the server in place of a worker's frame. */
  tamper: (from: number, frame: Uint8Array) => Uint8Array = (_from, frame) => frame;
  readonly counts = { drop: 0, repeat: 0, damage: 0, delay: 0, frames: 0 };
  readonly #faults: FaultSettings | undefined;
  readonly #random: () => number;
  readonly #waiting: { frames: number; deliver: () => void }[] = [];
  #receive: (from: number, frame: Uint8Array) => void = () => {};

  constructor(hosts: Host[], faults: FaultSettings | undefined) {
    this.hosts = hosts;
    this.#faults = faults;
    this.#random = lcg(faults?.seed ?? 0);
  }

  send(to: number | "all", frame: Uint8Array): void {
    const bytes = frame.slice();
    const targets = to === "all" ? this.hosts.map((_, i) => i) : [to];
    for (const worker of targets) {
      this.#pass(bytes, (copy) => {
        const answer = this.hosts[worker]!.receive(copy);
        if (!answer) return;
        this.#pass(this.tamper(worker, answer.slice()), (back) => this.#receive(worker, back));
      });
    }
  }

  #pass(frame: Uint8Array, deliver: (frame: Uint8Array) => void): void {
    this.counts.frames += 1;
    for (const held of this.#waiting) held.frames -= 1;
    for (let i = this.#waiting.length - 1; i >= 0; --i) {
      const held = this.#waiting[i];
      if (held && held.frames <= 0) {
        this.#waiting.splice(i, 1);
        held.deliver();
      }
    }
    if (!this.#faults || !this.on) {
      deliver(frame);
      return;
    }
    const { drop = 0, repeat = 0, damage = 0, delay = 0 } = this.#faults;
    let u = this.#random();
    const hit = (chance: number) => {
      const inside = u >= 0 && u < chance;
      u -= chance;
      return inside;
    };
    if (hit(drop)) this.counts.drop += 1;
    else if (hit(repeat)) {
      this.counts.repeat += 1;
      deliver(frame);
      deliver(frame.slice());
    } else if (hit(damage)) {
      this.counts.damage += 1;
      const copy = frame.slice(0, this.#random() < 0.2 ? Math.floor(this.#random() * frame.length) : frame.length);
      if (copy.length > 0) copy[Math.floor(this.#random() * copy.length)]! ^= 1 << Math.floor(this.#random() * 8);
      if (copy.length < frame.length || copy.length > 0) deliver(copy);
    } else if (hit(delay)) {
      this.counts.delay += 1;
      this.#waiting.push({ frames: 1 + Math.floor(this.#random() * 12), deliver: () => deliver(frame) });
    } else deliver(frame);
  }

  onFrame(receive: (from: number, frame: Uint8Array) => void): void {
    this.#receive = receive;
  }
  onMember(): void {}
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

export type Run = ReturnType<typeof build>;

const allShards = new WeakMap<Problem, readonly Shard[]>();

/** Made once: runs of one problem share what is made from a shard. */
export function shardsOf(problem: Problem): readonly Shard[] {
  let shards = allShards.get(problem);
  if (!shards) {
    shards = Array.from({ length: problem.workers }, (_, i) => problem.shard(i));
    allShards.set(problem, shards);
  }
  return shards;
}

/** Everything of one run; `host(i)` builds a fresh worker i. */
export function build(settings: RunSettings) {
  const { method, problem, backend = "wasm", dtype = "f64", seed = 1 } = settings;
  const n = problem.workers;
  const { dim } = problem;
  const ops = createOps(backend, dtype);
  const given = settings.slots ?? {};
  const slots = Array.from({ length: n }, (_, i) => (Array.isArray(given) ? given[i]! : given)) as Record<
    string,
    string
  >[];
  const shards = shardsOf(problem);
  const codecs = slots.map((specs, i) => createSlots(ops, dim, i, n, specs, undefined, shards[i]!));
  const estimator = estimationOf(settings, method);
  const participation = participationOf(settings.participation, n);
  const exact = createFacts(problem.smoothness(), dim, codecs, participation);
  const downlink = slots.some((of) => asksDownlink(of, method));
  const prox = checkExtras(settings, downlink, method);
  const facts = completeFacts(exact, method, estimator, problem, prox !== undefined);
  const options: Resolved = resolveStep(method, settings.options ?? {}, facts);
  const start = settings.start ?? problem.start ?? new Float64Array(dim);
  const neighbours: Neighbourhood[] | undefined = method.peer && topology(settings.topology ?? "ring", n);
  const optimum = method.needs.optimum ? optimumOf(problem, prox) : undefined;
  const common = {
    ops,
    run: 3,
    n,
    dim,
    seed: BigInt(seed),
    method,
    options,
    start,
    ...(optimum && { optimum }),
  };
  const host = (worker: number): Host => {
    const state = new NodeState(ops, dim);
    const setup: HostSetup = {
      ...common,
      state,
      worker,
      codecs: createSlots(ops, dim, worker, n, slots[worker]!, undefined, shards[worker]!, state),
      oracle: problem.oracle(ops, worker),
      ...(estimator && { estimator }),
      ...(neighbours && { topology: neighbours[worker]! }),
    };
    return createHost(setup, method.addressed === true);
  };
  const network = new Network(
    Array.from({ length: n }, (_, i) => host(i)),
    settings.faults,
  );
  const clock = settings.network && new Clock(ops, common.seed, n, settings.network);
  const setup: ServerSetup = {
    ...common,
    codecs,
    clock,
    prox,
    participation,
    average: averageFactor(settings.average, options.gamma, facts.mu),
    ...(optimum && prox && { optimumGradient: gradientAt(problem, optimum) }),
    partial: settings.partial === true,
    resync: settings.resync === true,
    guard: settings.guard === true,
  };
  const server = neighbours
    ? new PeerHub(setup, network, neighbours)
    : method.events
      ? new AsyncServer(setup, network)
      : new RoundServer(setup, network);
  return {
    ops,
    n,
    dim,
    codecs,
    facts,
    options,
    start,
    network,
    clock,
    server,
    host,
    /** What the run answers, as a copy. */
    output(): Float64Array {
      const x = ops.vec(dim);
      this.rounds.output(x);
      return Float64Array.from(x.view);
    },
    /** The server of a synchronous run. */
    get rounds(): RoundServer {
      if (server instanceof RoundServer) return server;
      throw new TypeError(`${method.name}: has no rounds`);
    },
    /** The iterate of server or of all peers, as a copy. */
    async x(): Promise<Float64Array> {
      if (!(server instanceof PeerHub)) return Float64Array.from(server.x.view);
      await server.iterates(ops.vec(dim));
      const all = network.hosts.map((h) => Array.from(h.state.vec("x").view));
      return Float64Array.from(all.flat());
    },
    async play(rounds: number): Promise<void> {
      for (let i = 0; i < rounds; ++i) await server.play();
    },
  };
}

export const squares = (x: ArrayLike<number>): number => Array.from(x).reduce((sum, v) => sum + v * v, 0);
export const distance2 = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x).reduce((sum, v, i) => sum + (v - y[i]!) ** 2, 0);
