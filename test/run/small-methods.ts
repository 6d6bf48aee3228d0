/** Methods that use one feature of the drivers each. */
import type { Method, Resolved } from "../../src/core/contracts.ts";
import { iterate } from "../../src/methods/common.ts";

const base = {
  summary: "for tests",
  reference: "none",
  promise: "linear",
  needs: { compressors: {}, oracle: "gradient" },
  options: {},
  resolve: (options: Readonly<Record<string, unknown>>) => ({ gamma: Number(options.gamma ?? 0.1), formula: "given" }),
} as const;

/** Gradient descent on the workers that take part: those with (round + i) mod 3 = 0, at least one. */
export const everyThird: Method<Resolved> = {
  ...base,
  name: "every-third",
  worker: ({ ops, dim, oracle, state }) => {
    const g = ops.vec(dim);
    const turns = state.scalar("turns");
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.dense(), g);
        up.dense(g);
        turns.value += 1;
      },
    };
  },
  server(env, { gamma }) {
    const { ops, dim, n } = env;
    const x = iterate(env);
    const sum = ops.vec(dim);
    return {
      x,
      select({ round }, into) {
        let count = 0;
        for (let i = 0; i < n; ++i) if ((round + i) % 3 === 0) into[count++] = i;
        return count;
      },
      open(_turn, down) {
        ops.fill(0, sum);
        down.dense(x);
      },
      receive: (_turn, _worker, up) => ops.axpy(1, up.dense(), sum),
      close(_turn, answered) {
        ops.axpy(-gamma / answered.length, sum, x);
        return true;
      },
      welcome() {},
    };
  },
};

/** Gradient descent with a backtracking line search: exchange 0 asks for gradients, the others for f at a trial point. */
export const lineSearch: Method<Resolved> = {
  ...base,
  name: "line-search",
  worker: ({ ops, dim, oracle }) => {
    const g = ops.vec(dim);
    return {
      reply({ exchange }, down, up) {
        const x = down.dense();
        up.scalar(oracle.loss(x));
        if (exchange > 0) return;
        oracle.gradient(x, g);
        up.dense(g);
      },
    };
  },
  server(env) {
    const { ops, dim, n, state } = env;
    const x = iterate(env);
    const g = state.vec("g");
    const trial = ops.vec(dim);
    const exchanges = state.scalar("exchanges");
    let step = 0;
    let f = 0;
    let here = 0;
    return {
      x,
      open({ exchange }, down) {
        f = 0;
        if (exchange === 0) {
          ops.fill(0, g);
          step = 1;
          down.dense(x);
          return;
        }
        ops.combine(1, x, -step, g, trial);
        down.dense(trial);
      },
      receive({ exchange }, _worker, up) {
        f += up.scalar() / n;
        if (exchange === 0) ops.axpy(1 / n, up.dense(), g);
      },
      close({ exchange }) {
        exchanges.value += 1;
        if (exchange === 0) {
          here = f;
          return false;
        }
        if (f > here - (step / 2) * ops.squares(g) && exchange < 40) {
          step /= 2;
          return false;
        }
        ops.copy(trial, x);
        return true;
      },
      welcome() {},
    };
  },
};

/** Each worker is told a target of its own besides x and answers with x + target; x becomes the mean of the answers. */
export const targets: Method<Resolved> = {
  ...base,
  name: "targets",
  addressed: true,
  worker: ({ ops, dim, state }) => {
    const out = ops.vec(dim);
    const mine = state.scalar("mine");
    return {
      reply(_turn, down, up) {
        const x = down.dense();
        mine.value = down.scalar();
        ops.fill(mine.value, out);
        ops.axpy(1, x, out);
        up.dense(out);
      },
    };
  },
  server(env) {
    const { ops, dim, n } = env;
    const x = iterate(env);
    const sum = ops.vec(dim);
    return {
      x,
      open(_turn, down) {
        ops.fill(0, sum);
        down.dense(x);
      },
      address: ({ round }, worker, down) => down.scalar(100 * worker + round),
      receive: (_turn, _worker, up) => ops.axpy(1 / n, up.dense(), sum),
      close() {
        ops.copy(sum, x);
        return true;
      },
      welcome() {},
    };
  },
};

/** Private parts that are compressed: the server draws for each worker apart. */
export const sketches: Method<Resolved> = {
  ...base,
  name: "sketches",
  needs: { compressors: { gradient: "any" }, oracle: "gradient" },
  addressed: true,
  worker: ({ ops, dim, codecs, state }) => {
    const seen = state.vec("seen", dim);
    return {
      reply(_turn, down, up) {
        ops.fill(0, seen);
        down.addTo(codecs.gradient!, 1, seen);
        up.scalar(0);
      },
    };
  },
  server(env) {
    const { ops, codecs, dim } = env;
    const x = iterate(env);
    const ones = ops.vec(dim);
    ops.fill(1, ones);
    return {
      x,
      open() {},
      address: (_turn, worker, down) => void down.put(codecs[worker]!.gradient!, ones),
      receive: (_turn, _worker, up) => void up.scalar(),
      close: () => true,
      welcome() {},
    };
  },
};
