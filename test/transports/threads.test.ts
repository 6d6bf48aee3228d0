/** The transport alone: nodes that echo. Runs over it: test/run/threads.test.ts. */
import { spawnSync } from "node:child_process";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { nodeThread } from "../../src/run/threads-cluster.ts";
import { Threads, type ThreadsOptions } from "../../src/transports/threads.ts";
import { bundle } from "./bundle.ts";
import { Do } from "./echo-thread.ts";

let script: URL;
const open: Threads[] = [];

beforeAll(async () => {
  script = await bundle("test/transports/echo-thread.ts", "build/test-echo-thread.js");
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((transport) => transport.close()));
});

async function start(nodes: number, threads: number, options: Partial<ThreadsOptions> = {}): Promise<Threads> {
  const ports = Array.from({ length: threads }, () => nodeThread(script));
  const transport = await Threads.start(ports, { nodes, setup: () => undefined, ...options });
  open.push(transport);
  return transport;
}

const frame = (what: Do, length = 40, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i === 0 ? what : seed * 7 + i));

function collect(transport: Threads): Map<number, Uint8Array[]> {
  const all = new Map<number, Uint8Array[]>();
  transport.onFrame((from, received) => {
    const list = all.get(from) ?? [];
    list.push(received.slice());
    all.set(from, list);
  });
  return all;
}

/** What the transport reports; rejects if it does not within a second. */
const failure = (transport: Threads): Promise<Error> =>
  new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("nothing was reported")), 5000).unref();
    transport.onError((error) => resolve(error as Error));
  });

describe.each(["atomics", "message"] as const)("bell by %s", (bell) => {
  test("a broadcast crosses once and is answered by every node; order per node is kept", async () => {
    const transport = await start(7, 3, { bell });
    const got = collect(transport);
    const members: number[] = [];
    transport.onMember((id, present) => present && members.push(id));
    expect(members).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const shared = frame(Do.Echo);
    transport.send("all", shared);
    shared.fill(9); // the caller's memory is its own again
    await transport.flush();
    expect(transport.framesCrossed).toBe(1 + 7);
    for (let i = 0; i < 50; ++i) transport.send(i % 2 ? 5 : "all", frame(Do.Echo, 40 + i, i));
    transport.send(2, frame(Do.Silence));
    await transport.flush();
    expect(got.get(5)!.length).toBe(51);
    expect(got.get(0)!.length).toBe(26);
    expect(got.get(5)![0]).toEqual(frame(Do.Echo));
    got
      .get(5)!
      .slice(1)
      .forEach((bytes, i) => {
        expect(bytes).toEqual(frame(Do.Echo, 40 + i, i));
      });
    expect(transport.framesCrossed).toBe(8 + 51 + 25 * 7 + 25);
  });

  test("queues grow both ways, frames larger than the queue included", async () => {
    const transport = await start(4, 2, { bell, mailboxBytes: 4096 });
    const got = collect(transport);
    const sizes = [10, 5000, 100_000, 20, 3_000_000, 1];
    for (const size of sizes) transport.send("all", frame(Do.Swell, size, size));
    await transport.flush();
    for (let node = 0; node < 4; ++node) {
      expect(got.get(node)!.map((bytes) => bytes.length)).toEqual(sizes.map((size) => 10 * size));
      got.get(node)!.forEach((bytes, i) => {
        expect(Buffer.from(bytes.subarray(9 * sizes[i]!)).equals(frame(Do.Swell, sizes[i]!, sizes[i]!))).toBe(true);
      });
    }
  });
});

test("timers run while frames fly", async () => {
  const transport = await start(2, 1);
  let ticks = 0;
  let answers = 0;
  const timer = setInterval(() => ++ticks, 5);
  transport.onFrame(() => {
    answers += 1;
    if (ticks < 5) transport.send(0, frame(Do.Echo));
  });
  transport.send(0, frame(Do.Echo));
  while (ticks < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(timer);
  await transport.flush();
  expect(answers).toBeGreaterThan(50);
});

test("a node that throws: the error names it, its cause is kept, nothing can be sent any more", async () => {
  const transport = await start(4, 2);
  const reported = failure(transport);
  transport.send(3, frame(Do.Throw));
  const error = await reported;
  expect(error.message).toBe("worker 3: node 3 was told to throw");
  expect(error.cause).toBeInstanceOf(RangeError);
  expect(() => transport.send(0, frame(Do.Echo))).toThrow("worker 3");
  expect(await failure(transport)).toBe(error); // who asks late is told too
});

test("a thread that dies names the node it served", async () => {
  const transport = await start(4, 2);
  const reported = failure(transport);
  transport.send(2, frame(Do.Exit));
  expect((await reported).message).toBe("worker 2: the thread died: it ended with exit code 7");
});

test("a node that cannot be built", async () => {
  await expect(start(4, 2, { setup: () => 3 })).rejects.toThrow("worker 3: told not to be built");
});

test("a script that is missing", async () => {
  script = new URL("./missing.js", script);
  await expect(start(2, 1)).rejects.toThrow(/workers 0..1: the thread died: Cannot find module/);
  script = new URL("./test-echo-thread.js", script);
});

test("close ends threads that wait and threads that compute, twice makes no difference, and reports", async () => {
  const transport = await start(3, 3, { graceMs: 50 });
  const reported = failure(transport);
  transport.send(1, frame(Do.Hang));
  const flushed = transport.flush();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const since = performance.now();
  const first = transport.close();
  expect(transport.close()).toBe(first);
  await first;
  await flushed;
  expect(performance.now() - since).toBeLessThan(30_000); // the hung thread would go on for a minute
  expect((await reported).message).toBe("threads: the transport is closed");
  expect(() => transport.send(0, frame(Do.Echo))).toThrow("closed");
});

describe("the process", () => {
  const run = async (body: string, kill?: NodeJS.Signals) => {
    const threads = await bundle("test/transports/process.ts", "build/test-process.js");
    const args = [new URL(threads).pathname, body, script.href, ...(kill ? [kill] : [])];
    return spawnSync(process.execPath, args, { encoding: "utf8", timeout: 10_000 });
  };

  test("waits for answers, and ends although nobody closed the threads", async () => {
    const { status, stdout, stderr } = await run("idle");
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "3 answers\n", stderr: "" });
  });

  test("ends on SIGINT in silence, handled or not, while a thread computes", async () => {
    const plain = await run("hang");
    expect([plain.signal, plain.stdout, plain.stderr]).toEqual(["SIGINT", "", ""]);
    const handled = await run("hang-handled");
    expect([handled.status, handled.stdout, handled.stderr]).toEqual([130, "closed\n", ""]);
  });
});
