/**
 * A pool of threads for long vectors. Kernels over many elements are cut into parts of whole blocks (streams and sums are
 * keyed and ordered by blocks, bindings/kernels.ts), which the calling thread and the others take in turn: the bytes are
 * those of one thread. The caller works along and waits only for parts that another has begun, so a thread that is late or
 * not there costs nothing but time. Each codec has a shared memory of its own.
 */
import { loadShared } from "../../bindings/instance.ts";
import type { Dtype, Kernels } from "../../bindings/kernels.ts";
import poolBytes from "../../build/pool.wasm";
import threadBytes from "../../build/thread.wasm";
import { UsageError } from "../core/errors.ts";
import { LIST_BITS, type PartKernels, type Plan, plans } from "./pool-plans.ts";
import { poolThread, type ToPoolThread, takeUnits } from "./pool-thread.ts";

/** Kernels over fewer elements are not cut: waking a thread takes some 10 us, in which one core encodes 20,000. */
const LEAST = 2 ** 18;
/** Elements of a part: two blocks, which kernels draw in step. */
const UNIT = 2 ** 17;
const BLOCK = 2 ** 16;
/** Generators of the threads, below the arena; static data of the module ends before, and linalg is not linked here. */
const STATES = 40960;

/** 32-bit words of the control memory; then doubles (takeUnits). */
const Job = {
  SEQUENCE: 0,
  OPEN: 1,
  NEXT: 2,
  UNITS: 3,
  ACTIVE: 4,
  MAIL: 5,
  FAILED: 6,
  MEMORY: 7,
  N: 8,
  SIZE: 9,
  COUNT: 10,
  RNG: 11,
  PER_BLOCK: 12,
  SNAPSHOT: 13,
  SHARED: 14,
  KERNEL: 15,
} as const;
const ARGS = 16;
const BITS = 32;
const RESULTS = 64;

interface Thread {
  post(message: ToPoolThread): void;
  end(): void;
}

const names = Object.keys(plans);
type Fn = (...args: number[]) => number;

export class Pool {
  /** The caller's included. */
  readonly threads: number;
  readonly #threads: readonly Thread[];
  readonly #control: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #mayWait: boolean;
  #memories = 0;
  #closed = false;
  readonly #gone = new FinalizationRegistry<number>((drop) => this.#tell({ drop }));

  private constructor(control: SharedArrayBuffer, threads: readonly Thread[]) {
    this.#control = control;
    this.#words = new Int32Array(control);
    this.#numbers = new Float64Array(control);
    this.#threads = threads;
    this.threads = threads.length + 1;
    this.#mayWait = mayWait(this.#words);
  }

  /** @throws UsageError where threads cannot share memory */
  static async start(threads: number): Promise<Pool> {
    requireSharing();
    const control = new SharedArrayBuffer(8 * (RESULTS + 4096 + 16));
    const module = new WebAssembly.Module(threadBytes as BufferSource);
    const spawn = await spawner();
    const others = Array.from({ length: threads - 1 }, (_, i) =>
      spawn({ pool: { control, module, names, slot: i + 1 } }),
    );
    return new Pool(control, await Promise.all(others));
  }

  /** Parts that other threads have done so far. */
  get shared(): number {
    return Atomics.load(this.#words, Job.SHARED);
  }

  /** Ends the threads. Codecs go on working, on the caller's thread alone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const thread of this.#threads) thread.end();
  }

  /** A fresh instance over a shared memory of its own, whose long kernels are cut. */
  kernels(): Kernels {
    const { kernels, memory } = loadShared(poolBytes);
    const id = ++this.#memories;
    this.#tell({ add: { id, memory } });
    const plain = kernels as PartKernels & Record<string, Fn>;
    const cut: Record<string, Fn> = {};
    for (const [kernel, name] of names.entries()) {
      const fn = plain[name]!;
      const plan = plans[name]!;
      cut[name] = (...args) => (this.#isShort(args[0]!) ? fn(...args) : this.#run(plain, id, kernel, fn, plan, args));
    }
    for (const dtype of ["f32", "f64"] as const) this.#composites(plain, cut, dtype);
    const units = (n: number) => (this.#isShort(n) ? 0 : Math.ceil(n / UNIT));
    cut.topKScratch = (n, k) => (plain.topKScratch(n, k) >>> 0) + units(n) * ((UNIT / 8) * LIST_BITS);
    const out = Object.assign({}, plain, cut);
    this.#gone.register(out, id);
    return out;
  }

  #isShort(n: number): boolean {
    return n < LEAST || this.#closed;
  }

  /** Kernels that are several cut ones, one after the other. */
  #composites(plain: PartKernels & Record<string, Fn>, cut: Record<string, Fn>, dtype: Dtype): void {
    const of = (name: string) => `${name}_${dtype}`;
    const least = dtype === "f32" ? 2 ** -90 : 2 ** -960; // as norm2 in assembly/core/vec.ts
    cut[of("norm2")] = (n, x) => {
      const squares = this.#isShort(n) ? 0 : cut[of("squares")]!(n, x);
      return squares >= least && squares < Infinity ? Math.sqrt(squares) : plain[of("norm2")]!(n, x);
    };
    cut[of("naturalEncode")] = (n, x, rng, packed) => {
      if (this.#isShort(n)) return plain[of("naturalEncode")]!(n, x, rng, packed);
      const plane = packed + (dtype === "f32" ? Math.ceil(n / 8) : n);
      return cut[of("naturalPlanes")]!(n, x, rng, packed, plane) ? plain[of("firstNonFinite")]!(n, x) : -1;
    };
    cut[of("topK")] = (n, k, x, indices, scratch) => {
      if (this.#isShort(n) || !plain[of("topKBegin")]!(n, k, x, scratch)) {
        return plain[of("topK")]!(n, k, x, indices, scratch);
      }
      const lists = scratch + (plain.topKScratch(n, k) >>> 0);
      const count = cut[of("topKCollect")]!(n, x, 0, lists, scratch);
      if (count <= plain.topKRoom(n, k)) {
        let to = plain.topKList(scratch);
        for (let unit = 0; unit * UNIT < n; ++unit) {
          const bytes = 4 * this.#numbers[RESULTS + unit]!;
          plain.move(bytes, lists + unit * ((UNIT / 8) * LIST_BITS), to);
          to += bytes;
        }
      }
      return plain[of("topKListed")]!(n, k, x, indices, scratch, count);
    };
  }

  #run(plain: Kernels, id: number, kernel: number, fn: Fn, plan: Plan, args: readonly number[]): number {
    const words = this.#words;
    const numbers = this.#numbers;
    const n = args[0]!;
    const units = Math.ceil(n / UNIT);
    const bits = plan.bits(args);
    const rng = plan.rng ?? 0;
    for (let i = 1; i < args.length; ++i) {
      numbers[ARGS + i] = args[i]!;
      numbers[BITS + i] = bits[i]!;
    }
    if (rng > 0) plain.move(96, args[rng]!, STATES);
    words[Job.UNITS] = units;
    words[Job.MEMORY] = id;
    words[Job.N] = n;
    words[Job.SIZE] = UNIT;
    words[Job.COUNT] = args.length;
    words[Job.RNG] = rng;
    words[Job.PER_BLOCK] = plan.result === "blocks" ? 1 : 0;
    words[Job.SNAPSHOT] = STATES;
    words[Job.KERNEL] = kernel;
    Atomics.store(words, Job.NEXT, 0);
    Atomics.store(words, Job.OPEN, 1);
    this.#wake();
    try {
      takeUnits(this.#control, fn, plain.memory.buffer, 0);
    } finally {
      this.#finish();
    }
    if (plan.result === "none") return 0;
    const results = plan.result === "blocks" ? Math.ceil(n / BLOCK) : units;
    let total = 0;
    for (let i = RESULTS; i < RESULTS + results; ++i) {
      total = plan.result === "max" ? Math.max(total, numbers[i]!) : total + numbers[i]!;
    }
    return total;
  }

  #wake(): void {
    Atomics.add(this.#words, Job.SEQUENCE, 1);
    Atomics.notify(this.#words, Job.SEQUENCE);
  }

  /** Waits for the parts that others have begun. */
  #finish(): void {
    const words = this.#words;
    Atomics.store(words, Job.OPEN, 0);
    for (let spins = 0; ; ++spins) {
      const active = Atomics.load(words, Job.ACTIVE);
      if (active === 0) break;
      if (this.#mayWait && spins > 1000) Atomics.wait(words, Job.ACTIVE, active, 1);
    }
    if (Atomics.load(words, Job.FAILED)) throw new Error("pool: a thread failed; close the pool");
  }

  /** Messages are read between jobs: MAIL tells the threads to look. */
  #tell(message: ToPoolThread): void {
    if (this.#closed) return;
    for (const thread of this.#threads) thread.post(message);
    Atomics.add(this.#words, Job.MAIL, 1);
    this.#wake();
  }
}

/** Main threads of pages must not block. */
function mayWait(words: Int32Array): boolean {
  try {
    Atomics.wait(words, Job.SEQUENCE, -1, 0);
    return true;
  } catch {
    return false;
  }
}

const isNode = (): boolean => typeof process === "object" && typeof process.versions?.node === "string";

function requireSharing(): void {
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  if (typeof SharedArrayBuffer === "function" && (isNode() || isolated !== false)) return;
  throw new UsageError(
    "load: threads share memory, which needs a cross-origin isolated page: serve it with the headers " +
      "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
  );
}

type Spawn = (first: ToPoolThread) => Promise<Thread>;

async function spawner(): Promise<Spawn> {
  // a classic script, where Node has require
  const port = 'typeof require === "function" ? require("node:worker_threads").parentPort : self';
  const text = `(${poolThread})(${takeUnits}, ${port});`;
  if (!isNode()) return (first) => spawnInPage(text, first);
  // not a literal: bundlers for pages would look for the module
  const name = ["node", "worker_threads"].join(":");
  const { Worker } = (await import(/* @vite-ignore */ name)) as typeof import("node:worker_threads");
  return (first) =>
    new Promise((done, fail) => {
      const worker = new Worker(text, { eval: true, execArgv: [] });
      worker.once("error", fail);
      worker.once("exit", () => fail(new Error("pool: a thread ended before it was ready")));
      worker.once("message", () => {
        worker.off("error", fail);
        worker.on("error", () => {}); // a thread that dies is one that takes no parts
        worker.unref(); // no pool keeps a process alive
        done({ post: (message) => worker.postMessage(message), end: () => void worker.terminate() });
      });
      worker.postMessage(first);
    });
}

function spawnInPage(text: string, first: ToPoolThread): Promise<Thread> {
  return new Promise((done, fail) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onerror = (event) => fail(new UsageError(`load: threads could not start: ${event.message}`));
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      done({ post: (message) => worker.postMessage(message), end: () => worker.terminate() });
    };
    worker.postMessage(first);
  });
}
