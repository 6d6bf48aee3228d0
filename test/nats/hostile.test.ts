/** One of four workers is hostile: the run ends where it should, or with an error that names the one. */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Type } from "../../src/nats/envelope.ts";
import { gather, join, NatsServer, type NatsServerOptions } from "../../src/nats/index.ts";
import { subjects } from "../../src/nats/subjects.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { RoundServer } from "../../src/run/rounds.ts";
import type { RunOptions } from "../../src/run/session.ts";
import type { ExperimentSummary } from "../../src/run/trace.ts";
import { rehash } from "../codec/support.ts";
import { type Broker, startBroker, withBroker } from "./broker.ts";
import { OPTIONS, small } from "./play.ts";

const WORKERS = 4;
const HOSTILE = 3;
const TARGET = 1e-10;

/** The workers' functions have one minimiser, so that the run ends there with any of them. */
const experiment = (method: string, compressor?: string, stop: Record<string, number> = {}) =>
  small(WORKERS, {
    problem: { name: "quadratic", dim: 20, mu: 1, L: 2, heterogeneity: 0 },
    start: { constant: 1 },
    stop: { relativeError: TARGET, rounds: 400, ...stop },
    record: 1,
    runs: [{ method, ...(compressor !== undefined && { compressor }) }],
  });

const WAIT: NonNullable<RunOptions["server"]> = { guard: true, resync: true, patience: { first: 200, least: 10 } };
const PARTIAL: NonNullable<RunOptions["server"]> = { ...WAIT, partial: true, quorum: 3 };

type Publish = (data: Uint8Array, subject?: string) => void;
/** What a hostile worker publishes in place of a frame. */
type Act = (frame: Uint8Array, publish: Publish) => void;

const asMessage = (frame: Uint8Array): Uint8Array => Uint8Array.of(Type.Frame, ...frame);

/** The connection as the hostile worker's code sees it: its frames go through `act`. */
function tampered(connection: NatsConnection, act: Act): NatsConnection {
  return new Proxy(connection, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      if (key !== "publish") return (value as () => unknown).bind(target);
      return (subject: string, data: Uint8Array) => {
        if (data[0] !== Type.Frame) target.publish(subject, data);
        else act(data.slice(1), (bytes, other) => target.publish(other ?? subject, bytes));
      };
    },
  });
}

interface Played {
  summary: ExperimentSummary;
  server: RoundServer;
  transport: NatsServer;
  changes: string[];
}

withBroker("a hostile worker over NATS", () => {
  let broker: Broker;
  const connections: NatsConnection[] = [];
  const open = async (user?: string, servers = broker.url) => {
    const connection = await connect({ servers, ...(user !== undefined && { user, pass: "secret" }) });
    connections.push(connection);
    return connection;
  };
  beforeAll(async () => {
    broker = await startBroker({ config: "max_payload: 2048" });
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });
  afterAll(() => broker.stop());

  interface Setting {
    method?: string;
    compressor?: string;
    server?: NonNullable<RunOptions["server"]>;
    stop?: Record<string, number>;
    connectAs?(user: string): Promise<NatsConnection>;
    /** In place of a worker that joins. */
    stranger?(connection: NatsConnection): void;
    act?: Act;
  }

  /** Three honest workers and the hostile one. */
  async function play(run: string, setting: Setting): Promise<Played> {
    const { method = "diana", compressor = "natural", act, server = PARTIAL, stop } = setting;
    const connectAs = setting.connectAs ?? (() => open());
    const changes: string[] = [];
    const onChange: NatsServerOptions["onChange"] = (change) => {
      changes.push("worker" in change ? `${change.kind} ${change.worker}` : change.kind);
    };
    const transport = new NatsServer(await connectAs("server"), { run, workers: WORKERS, limit: 1e5, onChange });
    const ends = [0, 1, 2].map(async (worker) =>
      join(await connectAs(`w${worker}`), { run, worker, helloMs: 100 }).catch(() => {}),
    );
    const hostile = await connectAs(`w${HOSTILE}`);
    if (setting.stranger) setting.stranger(hostile);
    if (act) ends.push(join(tampered(hostile, act), { run, worker: HOSTILE, helloMs: 100 }).catch(() => {}));
    let seen: RoundServer | undefined;
    try {
      const summary = await runExperiment(experiment(method, method === "dgd" ? undefined : compressor, stop), {
        ...OPTIONS,
        server,
        observe: (node) => {
          if (node instanceof RoundServer) seen = node;
        },
        cluster: (description, shards, limit) =>
          gather(transport, description, shards, limit, { quorum: act ? WORKERS : WORKERS - 1 }),
      });
      return { summary, server: seen!, transport, changes };
    } finally {
      await transport.close();
      await Promise.all(ends);
    }
  }

  const solved = ({ summary }: Played) => {
    expect(summary.runs[0]!.relativeError).toBeLessThan(TARGET);
    expect(summary.runs[0]!.stoppedBy).toBe("relativeError");
  };

  /** Eight bytes more or less before the digest, the hash mended: intact, of another d. */
  const wrongLength: Act = (frame, publish) => {
    const end = frame.length - 16;
    publish(asMessage(rehash(Uint8Array.of(...frame.subarray(0, end - 1), ...frame.subarray(end)))));
  };

  test("garbage", async () => {
    let sent = 0;
    const played = await play("garbage", {
      act: (frame, publish) => {
        const bytes = Uint8Array.from({ length: 1 + ((sent * 37) % 200) }, (_, i) => (i * sent * 73 + i) & 255);
        sent += 1;
        if (sent % 3 === 0)
          publish(bytes); // not even an envelope
        else if (sent % 3 === 1) publish(asMessage(bytes));
        else publish(asMessage(frame.fill(sent, 2, frame.length - 20)));
      },
    });
    solved(played);
    expect(played.server.dropped + played.transport.counts.malformed).toBeGreaterThan(3);
  });

  test("frames of another d: its sender is banned after three", async () => {
    const played = await play("dim", { act: wrongLength });
    solved(played);
    expect(played.server.rejected).toBe(3);
  });

  test("the same where every worker is needed: an error that names it", async () => {
    await expect(play("dim-wait", { act: wrongLength, server: WAIT })).rejects.toThrow(/worker 3 is banned/);
  });

  test("NaN in a dense part", async () => {
    const played = await play("nan", {
      method: "dgd",
      act: (frame, publish) => {
        new DataView(frame.buffer).setFloat64(frame.length - 24, Number.NaN, true);
        publish(asMessage(rehash(frame)));
      },
    });
    solved(played);
    expect(played.server.rejected).toBe(3);
  });

  test("old frames again", async () => {
    const old: Uint8Array[] = [];
    const played = await play("replay", {
      act: (frame, publish) => {
        old.push(frame);
        for (const again of [...old.slice(0, 2), ...old.slice(-2)]) publish(asMessage(again));
      },
    });
    solved(played);
    expect(played.server.late).toBeGreaterThan(5);
    expect(played.server.repeated + played.server.late).toBeGreaterThan(10);
    expect(played.server.rejected).toBe(0);
  });

  test("claims of 2^32 entries and bytes", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const played = await play("claims", {
      act: (frame, publish) => {
        const chunk = new Uint8Array(200);
        const view = new DataView(chunk.buffer);
        chunk.set([Type.Chunk, Type.Frame]);
        view.setUint32(10, 0xffffffff, true);
        publish(chunk);
        // a list of lengths that says 2^32 - 1
        const end = frame.length - 16;
        const claim = Uint8Array.of(...frame.subarray(0, end), 255, 255, 255, 255, 1, ...frame.subarray(end));
        claim[0]! |= 8;
        publish(asMessage(rehash(claim)));
      },
    });
    solved(played);
    expect(played.server.rejected).toBe(3);
    expect(played.transport.counts.malformed).toBeGreaterThanOrEqual(3);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });

  test("a hundred messages for one, whole and in chunks: what is beyond its budget is not read", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const played = await play("flood", {
      act: (frame, publish) => {
        for (let i = 0; i < 100; ++i) publish(asMessage(frame));
        const chunk = new Uint8Array(15);
        chunk.set([Type.Chunk, Type.Frame]);
        new DataView(chunk.buffer).setUint32(10, 1, true); // whole bodies all the same
        for (let i = 0; i < 100; ++i) publish(chunk);
      },
    });
    solved(played);
    const rounds = played.summary.runs[0]!.rounds;
    expect(played.transport.counts.flooded).toBeGreaterThan(100 * rounds);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });

  test("requests to be told its state, without end", async () => {
    const played = await play("resync", {
      act: (frame, publish) => {
        frame[0] = (frame[0]! & ~7) | 4; // Kind.Resync
        frame.fill(0, frame.length - 16, frame.length - 8);
        publish(asMessage(rehash(frame)));
      },
    });
    solved(played);
    expect(played.server.rejected).toBe(3);
    expect(played.server.resynced).toBeLessThanOrEqual(64 * played.summary.runs[0]!.rounds);
  });

  test("a ready worker that sends the first half of every body, then nothing", async () => {
    const played = await play("half", {
      act: (frame, publish) => {
        const chunk = Uint8Array.of(Type.Chunk, Type.Frame, ...new Uint8Array(12), ...new Uint8Array(130));
        new DataView(chunk.buffer).setUint32(10, 130 + frame.length, true);
        publish(chunk);
      },
    });
    solved(played);
    const { rounds, seconds } = played.summary.runs[0]!;
    expect(played.server.lost).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(rounds * 2); // the wait for it does not double with every round
  });

  test("hellos for ever, never ready", async () => {
    let timer: ReturnType<typeof setInterval> | undefined;
    const hello = new TextEncoder().encode(JSON.stringify({ protocol: 1, session: "loris" }));
    const played = await play("loris", {
      stranger: (connection) => {
        timer = setInterval(() => {
          if (connection.isClosed()) clearInterval(timer);
          else connection.publish(subjects("loris").up(HOSTILE), Uint8Array.of(Type.Hello, ...hello));
        }, 5);
      },
    });
    clearInterval(timer);
    solved(played);
    expect(played.changes.filter((change) => change.endsWith(` ${HOSTILE}`))).toEqual([]);
  });

  test("another worker's number, where nobody has permissions: that one is banned in its place", async () => {
    const played = await play("spoof", {
      method: "dgd", // where a shift is kept, that of the banned one stays in the mean
      act: (frame, publish) => {
        publish(asMessage(frame));
        const other = frame.slice();
        other[3] = 2; // worker 1, in the header of an early round
        other[0] = (other[0]! & ~7) | 7; // a kind that no worker sends
        publish(asMessage(rehash(other)), subjects("spoof").up(1));
      },
    });
    solved(played);
    expect(played.server.rejected).toBe(3);
  });

  test("another worker's number, with permissions: the broker refuses, and nobody is harmed", async () => {
    const s = subjects("users");
    const users = [0, 1, 2, 3].map(
      (i) =>
        `{ user: "w${i}", password: "secret", permissions: { publish: "${s.up(i)}", subscribe: ["${s.down}", "${s.to(i)}"] } }`,
    );
    const server = `{ user: "server", password: "secret" }`;
    const guarded = await startBroker({ config: `authorization { users = [ ${[server, ...users].join(", ")} ] }` });
    try {
      const refused: string[] = [];
      const played = await play("users", {
        connectAs: (user) => open(user, guarded.url),
        stranger: (connection) => {
          void (async () => {
            for await (const status of connection.status()) {
              if (status.type === "error") refused.push(status.error.message);
            }
          })();
          for (const subject of [s.up(0), s.up(1), s.down]) connection.publish(subject, Uint8Array.of(Type.Bye));
        },
      });
      solved(played);
      expect(played.server.rejected).toBe(0);
      expect(played.changes.filter((change) => change.startsWith("left"))).toEqual([]);
      await expect.poll(() => refused.length).toBe(3);
    } finally {
      await guarded.stop();
    }
  });
});
