/** What a broker delivers: chunks, notes in JSON, and all of it through both ends of a run's transport. */
import type { NatsConnection } from "@nats-io/nats-core";
import { Assembler, fromJson, messages, Type, toJson } from "../../src/nats/envelope.ts";
import { NatsServer, PROTOCOL } from "../../src/nats/server.ts";
import type { RunDescription } from "../../src/run/cluster.ts";
import { type Dice, Mutator } from "./mutate.ts";
import { type Counts, type Target, Violation, violation } from "./target.ts";

const LIMIT = 4096;
const MAX_PAYLOAD = 256;

function bodies(dice: Dice): { type: Type; body: Uint8Array }[] {
  const frame = Uint8Array.from({ length: 600 + dice.below(1000) }, () => dice.next());
  const note = toJson({
    protocol: PROTOCOL,
    session: "0f3b-77",
    vector: Float64Array.of(1, 2),
    big: 5n,
    most: Infinity,
  });
  return [
    { type: Type.Frame, body: frame },
    { type: Type.Hello, body: note },
    { type: Type.Ready, body: note },
    { type: Type.Frame, body: frame.subarray(0, 100) },
    { type: Type.Failed, body: new TextEncoder().encode("it cannot go on") },
    { type: Type.Bye, body: note },
  ];
}

/** All messages of some bodies, in order. */
const stream = (dice: Dice): Uint8Array[] =>
  bodies(dice).flatMap(({ type, body }, id) => [...messages(type, body, MAX_PAYLOAD, id + dice.below(2))]);

class AssemblerTarget implements Target {
  readonly name = "nats assembler";
  readonly #mutator = new Mutator();

  play(dice: Dice, count: number): Counts {
    const counts = { taken: 0, refused: 0 };
    const assembler = new Assembler(LIMIT);
    const allocated = watchAllocations();
    try {
      while (counts.taken + counts.refused < count) {
        const all = stream(dice);
        for (const message of all) {
          const other = all[dice.below(all.length)]!;
          const mutant = dice.below(3) ? this.#mutator.mutate(dice, message, other).slice() : message;
          allocated.most = 0;
          const { dropped } = assembler;
          const envelope = assembler.take(mutant);
          const longest = Math.max(allocated.most, envelope?.body.length ?? 0);
          if (longest > LIMIT) throw violation(this.name, `holds ${longest} bytes, bound ${LIMIT}`, mutant);
          counts[assembler.dropped > dropped ? "refused" : "taken"] += 1;
        }
      }
    } finally {
      allocated.stop();
    }
    return counts;
  }
}

/** The longest Uint8Array that is made by length meanwhile. */
function watchAllocations(): { most: number; stop(): void } {
  const plain = globalThis.Uint8Array;
  const watch = {
    most: 0,
    stop() {
      globalThis.Uint8Array = plain;
    },
  };
  globalThis.Uint8Array = new Proxy(plain, {
    construct(target, args: [unknown], self: typeof plain) {
      if (typeof args[0] === "number") watch.most = Math.max(watch.most, args[0]);
      return Reflect.construct(target, args, self === globalThis.Uint8Array ? target : self) as object;
    },
  });
  return watch;
}

class JsonTarget implements Target {
  readonly name = "nats json";
  readonly #mutator = new Mutator();

  play(dice: Dice, count: number): Counts {
    const counts = { taken: 0, refused: 0 };
    const notes = [
      toJson({ protocol: PROTOCOL, session: "a-b", reason: "none" }),
      toJson({ description: { start: Float64Array.of(1, 2, 3), seed: 2n ** 63n, L: Infinity, slots: [{ a: "b" }] } }),
      toJson({ shard: { rows: Int32Array.of(1, 2), nested: [[[{ u: Uint8Array.of(1) }]]] }, worker: -1 }),
    ];
    for (let i = 0; i < count; ++i) {
      const mutant = this.#mutator.mutate(dice, notes[dice.below(3)]!, notes[dice.below(3)]!);
      try {
        fromJson(mutant);
        counts.taken += 1;
      } catch (error) {
        const known = error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError;
        if (!known) throw violation(this.name, `threw ${String(error)}`, mutant, error);
        counts.refused += 1;
      }
    }
    return counts;
  }
}

type Callback = (error: Error | null, message: { subject: string; data: Uint8Array }) => void;

/** A broker that delivers what it is given, at once, and forgets what is published. */
function fakeConnection() {
  const callbacks = new Map<string, Callback>();
  let published = 0;
  const connection = {
    info: { max_payload: MAX_PAYLOAD },
    isClosed: () => false,
    publish: (_subject: string, data: Uint8Array) => {
      published += data.length;
    },
    flush: async () => {},
    subscribe: (subject: string, { callback }: { callback: Callback }) => {
      callbacks.set(subject, callback);
      return { unsubscribe: () => void callbacks.delete(subject) };
    },
    status: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
  };
  return {
    connection: connection as unknown as NatsConnection,
    get published() {
      return published;
    },
    deliver(pattern: string, subject: string, data: Uint8Array) {
      callbacks.get(pattern)?.(null, { subject, data });
    },
  };
}

class NatsServerTarget implements Target {
  readonly name = "nats server";
  readonly #mutator = new Mutator();

  async play(dice: Dice, count: number): Promise<Counts> {
    const counts = { taken: 0, refused: 0 };
    const broker = fakeConnection();
    const server = new NatsServer(broker.connection, { run: "f", workers: 2, limit: LIMIT, open: true });
    server.begin(() => ({ description: { run: 1 } as RunDescription }), LIMIT);
    server.onFrame(() => {});
    const subjects = ["thinwire.f.up.0", "thinwire.f.up.1", "thinwire.f.up.2", "thinwire.f.up.", "thinwire.f.up.1e9"];
    for (let sent = 0; sent < count; ) {
      server.send("all", new Uint8Array(10)); // gives the workers a budget
      const all = stream(dice);
      for (const message of all) {
        const mutant = this.#mutator.mutate(dice, message, all[dice.below(all.length)]!).slice();
        const { malformed, flooded } = server.counts;
        try {
          if (dice.below(8) === 0) broker.deliver("thinwire.f.lobby", "thinwire.f.lobby", mutant);
          else broker.deliver("thinwire.f.up.*", subjects[dice.below(dice.below(4) ? 2 : 5)]!, mutant);
        } catch (error) {
          throw error instanceof Violation ? error : violation(this.name, `threw ${String(error)}`, mutant, error);
        }
        const refused = server.counts.malformed > malformed || server.counts.flooded > flooded;
        counts[refused ? "refused" : "taken"] += 1;
        sent += 1;
      }
      await Promise.resolve();
    }
    await server.close();
    return counts;
  }
}

export const natsTargets = (): Target[] => [new AssemblerTarget(), new JsonTarget(), new NatsServerTarget()];
