/**
 * What runs on the threads of a pool. Both functions become the text of a worker (`pool.ts`), so that no bundler has to
 * be told of a file: they use nothing from outside but what they are given.
 */

/** What a thread is told: once the pool, then memories that come and go. */
export interface ToPoolThread {
  readonly pool?: {
    readonly control: SharedArrayBuffer;
    readonly module: WebAssembly.Module;
    /** Kernels by their number in jobs. */
    readonly names: readonly string[];
    readonly slot: number;
  };
  readonly add?: { readonly id: number; readonly memory: WebAssembly.Memory };
  readonly drop?: number;
}

/** A worker's end of its port, as Node and as browsers have it. */
interface ThreadSide {
  postMessage(message: unknown): void;
  on?(event: "message", listener: (data: ToPoolThread) => void): void;
  onmessage?: ((event: { data: ToPoolThread }) => void) | null;
}

type Call = (...args: number[]) => number | undefined;

/**
 * Takes units of the open job until none is left. The layout is that of `Job` in pool.ts: 32-bit words NEXT 2, UNITS 3,
 * n 8, elements of a unit 9, number of arguments 10, argument that is a generator 11 (0: none), one result a block 12,
 * snapshot of the generator 13, shared units 14; doubles: arguments from 16, their bits an element from 32, results from 64.
 */
export function takeUnits(control: SharedArrayBuffer, call: Call, buffer: ArrayBufferLike, slot: number): void {
  const words = new Int32Array(control);
  const numbers = new Float64Array(control);
  const [, , , units = 0, , , , , n = 0, size = 0, count = 0, rng = 0, perBlock = 0, snapshot = 0] = words;
  const memory = new DataView(buffer);
  const bytes = new Uint8Array(buffer);
  const state = snapshot + 512 * (slot + 1);
  const args: number[] = [];
  const run = (from: number, length: number): number => {
    args[0] = length;
    for (let i = 1; i < count; ++i) args[i] = numbers[16 + i]! + (from / 8) * numbers[32 + i]!;
    if (rng > 0) {
      bytes.copyWithin(state, snapshot, snapshot + 96);
      memory.setUint32(state + 84, from / 65536, true); // RNG_FIRST
      args[rng] = state;
    }
    const result = Number(call(...args));
    // the generator goes on from what block 0 left
    if (rng > 0 && from === 0) bytes.copyWithin(numbers[16 + rng]!, state, state + 96);
    return result;
  };
  for (;;) {
    const unit = Atomics.add(words, 2, 1);
    if (unit >= units) return;
    if (slot > 0) Atomics.add(words, 14, 1);
    const end = Math.min(n, (unit + 1) * size);
    if (!perBlock) numbers[64 + unit] = run(unit * size, end - unit * size);
    else {
      for (let from = unit * size; from < end; from += 65536) {
        numbers[64 + from / 65536] = run(from, Math.min(65536, end - from));
      }
    }
  }
}

/** SEQUENCE 0, OPEN 1, ACTIVE 4, MAIL 5, FAILED 6, memory 7: see `Job`. */
export function poolThread(take: typeof takeUnits, port: ThreadSide): void {
  const instances = new Map<number, { memory: WebAssembly.Memory; exports: Record<string, Call> }>();
  let pool: ToPoolThread["pool"];
  let words: Int32Array = new Int32Array(0);
  let seen = 0;
  let read = 0;

  const join = (): void => {
    Atomics.add(words, 4, 1);
    try {
      const instance = Atomics.load(words, 1) === 1 ? instances.get(words[7]!) : undefined;
      const call = instance?.exports[pool!.names[words[15]!]!];
      if (instance && call) take(pool!.control, call, instance.memory.buffer, pool!.slot);
    } catch {
      Atomics.store(words, 6, 1);
    }
    Atomics.sub(words, 4, 1);
    Atomics.notify(words, 4);
  };
  /** Blocks until there is a message to read, for which the thread must be back in its event loop. */
  const serve = (): void => {
    while (Atomics.load(words, 5) === read) {
      Atomics.wait(words, 0, seen);
      seen = Atomics.load(words, 0);
      join();
    }
  };
  const receive = (message: ToPoolThread): void => {
    if (message.pool) {
      pool = message.pool;
      words = new Int32Array(pool.control);
      port.postMessage("ready");
    } else {
      read = (read + 1) | 0;
      if (message.add) {
        const { id, memory } = message.add;
        const env = { memory, abort: () => {} };
        const { exports } = new WebAssembly.Instance(pool!.module, { env });
        instances.set(id, { memory, exports: exports as Record<string, Call> });
      }
      if (message.drop !== undefined) instances.delete(message.drop);
    }
    serve();
  };
  if (port.on) port.on("message", receive);
  else port.onmessage = (event) => receive(event.data);
}
