/** `thinwire serve` and `thinwire join` as a user meets them: exit codes, messages, and processes that are killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { at, command, folder, thinwire } from "../cli/support.ts";
import { type Broker, startBroker, withBroker } from "../nats/broker.ts";

const LIMIT_MS = 40_000;
const children: ChildProcess[] = [];
const brokers: Broker[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

interface Running {
  readonly child: ChildProcess;
  readonly text: string;
  /** Resolves when it has said this. */
  says(what: RegExp): Promise<void>;
  ends(): Promise<number | null>;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  const looks: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      text += part;
      for (const look of looks) look();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    child,
    get text() {
      return text;
    },
    says: (what) =>
      new Promise((resolve, reject) => {
        const look = () => what.test(text) && resolve();
        looks.push(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code} before it said ${what}: ${text}`)));
      }),
    ends: () => ended,
  };
}

function experiment(name: string, rounds: number): void {
  const content = {
    problem: {
      name: "ridge",
      lambda: 0.01,
      data: { generator: "make-regression", rows: 40, features: 20, noise: 10 },
    },
    workers: 2,
    seed: 3,
    record: 100,
    stop: { rounds },
    runs: [{ method: "diana", compressor: "rand-k:k=4" }],
  };
  writeFileSync(at(`${name}.json`), JSON.stringify(content));
}

const summary = (name: string) =>
  JSON.parse(readFileSync(at(`results/${name}/summary.json`), "utf8")).runs[0] as Record<string, unknown>;

/** Until a run is well under way: the progress of a server that has no terminal comes too seldom to wait for. */
async function plays(server: Running): Promise<void> {
  await server.says(/worker 0 joined/);
  await server.says(/worker 1 joined/);
  await new Promise((resolve) => setTimeout(resolve, 700));
}

async function open(): Promise<{ broker: Broker; nats: [string, string] }> {
  const broker = await startBroker();
  brokers.push(broker);
  return { broker, nats: ["--nats", broker.url] };
}

describe("what was typed wrong", () => {
  test.each([
    [["join", "q", "--nats", "foo"], 2, 'join: --nats must be nats://[user:password@]host:port (or tls://), got "foo"'],
    [["join", "q", "--nats", "nats://u:secret@127.0.0.1:99999"], 2, 'got "nats://...@127.0.0.1:99999"'],
    [["join", "q", "--nats", "nats://u:secret@127.0.0.1:1"], 1, "join: nats 127.0.0.1:1: connection refused; is it"],
    [["join", "q", "--nats", "nats://no-such-host.invalid:1"], 1, "join: nats no-such-host.invalid:1: no such host"],
    [["join", "a.b", "--nats", "nats://127.0.0.1:1"], 2, 'run must be 1..64 letters, digits, "-" or "_", got "a.b"'],
    [["join", "q", "--worker", "x"], 2, '--worker must be an integer in 0..999999999, got "x"'],
    [["serve", "quickstart", "--run", "a.b"], 2, 'run must be 1..64 letters, digits, "-" or "_", got "a.b"'],
    [["serve", "quickstart", "--nats", "nats://127.0.0.1:1"], 1, "connection refused; is it running?"],
    [["serve", "nothing", "--nats", "nats://127.0.0.1:1"], 2, '"nothing" is neither a file nor a preset'],
    [["serve", "quickstart", "--quorum", "2"], 2, "--quorum needs --policy partial"],
    [["serve", "quickstart", "--broker", "--nats", "nats://b.example:1"], 2, 'this machine only, got host "b.example"'],
  ])("%j", (args, code, text) => {
    const { code: got, out, err } = thinwire(args);
    expect(err).toContain(text);
    expect(err).not.toContain("secret");
    expect(err.trim().split("\n")).toHaveLength(1);
    expect([got, out]).toEqual([code, ""]);
  });
});

withBroker("over a broker", () => {
  test("a run from end to end, and those who find no seat", async () => {
    experiment("whole", 30);
    const { nats } = await open();
    const port = new URL(nats[1]).port;
    const taken = start("serve", "whole.json", "--broker", ...nats);
    expect(await taken.ends()).toBe(2);
    expect(taken.text).toBe(`thinwire serve: --broker: something listens on port ${port} already\n`);
    const http = start("serve", "whole.json", ...nats, "--http", port);
    expect(await http.ends()).toBe(2);
    expect(http.text).toBe(`thinwire serve: --http: something listens on port ${port} already\n`);
    const many = start("serve", "whole.json", ...nats, "--policy", "partial", "--quorum", "3");
    expect(await many.ends()).toBe(2);
    expect(many.text).toContain("quorum must be an integer in 1..2 (workers), got 3");

    const server = start("serve", "whole.json", ...nats);
    await server.says(/waiting for 2 workers: thinwire join whole/);
    const beyond = start("join", "whole", ...nats, "--worker", "7");
    expect(await beyond.ends()).toBe(2);
    expect(beyond.text).toContain("worker must be an integer in 0..1 in run whole, got 7");
    const workers = [start("join", "whole", ...nats), start("join", "whole", ...nats)];
    expect(await Promise.all([server, ...workers].map(({ ends }) => ends()))).toEqual([0, 0, 0]);
    for (const worker of workers) expect(worker.text).toMatch(/the run is over; 30 frames answered, 0 dropped/);
    expect(server.text).toMatch(/worker 1 joined/);
  });

  test("Ctrl-C while waiting, on either side", async () => {
    experiment("early", 30);
    const { nats } = await open();
    const server = start("serve", "early.json", ...nats);
    await server.says(/waiting for 2 workers/);
    server.child.kill("SIGINT");
    expect(await server.ends()).toBe(130);
    expect(server.text).toMatch(/interrupted while waiting for workers\n$/);
    const worker = start("join", "nobody", ...nats);
    await worker.says(/waiting for the server of run nobody/);
    worker.child.kill("SIGINT");
    expect(await worker.ends()).toBe(130);
  });

  test("a worker and the broker are killed and start again: the run reaches the solution", async () => {
    experiment("killed", 40_000);
    const { broker, nats } = await open();
    const server = start("serve", "killed.json", ...nats);
    const first = start("join", "killed", ...nats, "--worker", "0");
    const second = start("join", "killed", ...nats, "--worker", "1");
    await plays(server);
    second.child.kill("SIGKILL");
    await second.ends();
    const third = start("join", "killed", ...nats, "--worker", "1");
    await server.says(/another process took its seat\n[\s\S]*worker 1 joined/);
    await broker.restart();
    await server.says(/broker reconnected/);
    expect(await Promise.all([server, first, third].map(({ ends }) => ends()))).toEqual([0, 0, 0]);
    expect(first.text).toMatch(/the broker is gone; waiting for it\n[\s\S]*the broker is back/);
    expect(summary("killed").rounds).toBe(40_000);
    expect(summary("killed").relativeError).toBeLessThan(1e-20);
  });

  test("a second process in a seat: the first one ends", async () => {
    experiment("twice", 100_000_000);
    const { nats } = await open();
    const server = start("serve", "twice.json", ...nats);
    const first = start("join", "twice", ...nats, "--worker", "0");
    start("join", "twice", ...nats, "--worker", "1");
    await server.says(/worker 0 joined/);
    start("join", "twice", ...nats, "--worker", "0");
    expect(await first.ends()).toBe(1);
    expect(first.text).toMatch(/thinwire join: worker 0: another process took its seat\n$/);
  });

  test("Ctrl-C in a round that waits for a dead worker still writes what there is", async () => {
    experiment("open", 100_000_000);
    const { nats } = await open();
    const server = start("serve", "open.json", ...nats);
    const workers = [start("join", "open", ...nats), start("join", "open", ...nats)];
    await plays(server);
    workers[1]!.child.kill("SIGKILL");
    await server.says(/worker . does not answer/);
    server.child.kill("SIGINT");
    expect(await server.ends()).toBe(130);
    expect(await workers[0]!.ends()).toBe(0);
    expect(summary("open")).toMatchObject({ stoppedBy: "interrupted" });
  });

  test("a seat whose worker died is given to the next who asks", async () => {
    experiment("seat", 100_000_000);
    const { nats } = await open();
    const server = start("serve", "seat.json", ...nats);
    const workers = [start("join", "seat", ...nats), start("join", "seat", ...nats)];
    await plays(server);
    const next = start("join", "seat", ...nats);
    await next.says(/all seats are taken; waiting for one/);
    workers[0]!.child.kill("SIGKILL");
    await next.says(/worker .: diana, d = 20/);
    await server.says(/does not answer\n[\s\S]*joined\n/);
    server.child.kill("SIGINT");
    expect(await server.ends()).toBe(130);
    expect(await next.ends()).toBe(0);
  });
});
