/**
 * Another aggregate than the mean for methods whose server steps along the mean of one vector a worker (`covers`:
 * "aggregator"). One wrapper for all of them, and no change in a method: a worker's parts are decoded into a vector that the
 * aggregator keeps, the method's own server meanwhile being shown zeros; when the exchange closes it is shown the aggregate
 * as the one answer, whose mean it is.
 * Memory: that of the aggregator, O(nd) for all that look at single workers.
 */
import { aggregators } from "../aggregators/index.ts";
import type { Compressor, Method, Reader, Resolved, ServerEnv, ServerNode, Vec } from "../core/contracts.ts";
import { UsageError, WireError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";

/** What a run says of its aggregate: a name, or a name with options. */
export type AggregatorChoice = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

/** `method` with another aggregate; itself for none. @throws UsageError */
export function withAggregator(method: Method, choice: AggregatorChoice | undefined, where = "experiment"): Method {
  if (choice === undefined) return method;
  const { name, ...options } = typeof choice === "string" ? { name: choice } : choice;
  const factory = Object.hasOwn(aggregators, name) ? aggregators[name] : undefined;
  if (!factory) {
    throw new UsageError(`${where}.aggregator: unknown name "${name}"; ${suggestion(name, Object.keys(aggregators))}`);
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(factory.options, key)) continue;
    const known = Object.keys(factory.options);
    throw new UsageError(
      `${where}.aggregator: ${known.length ? `unknown key "${key}" for ${name}; ${suggestion(key, known)}` : `${name} takes no "${key}"`}`,
    );
  }
  const { server } = method;
  if (!server || !method.covers?.includes("aggregator")) {
    throw new UsageError(`${where}.aggregator: ${method.name} takes the mean and nothing else`);
  }
  return {
    ...method,
    server: (env, resolved: Resolved) => {
      const aggregator = factory.create({ ...factory.defaults, ...options }, { ...env, workers: env.n });
      if (!aggregator.addVector) {
        throw new UsageError(`${where}.aggregator: ${name} counts signs, ${method.name} sends vectors`);
      }
      return aggregatingServer(env, server(env, resolved), aggregator as Vectors);
    },
  };
}

interface Vectors {
  begin(): void;
  addVector(x: Vec): void;
  result(out: Vec): void;
}

function aggregatingServer({ ops, dim }: ServerEnv, node: ServerNode, aggregator: Vectors): ServerNode {
  const sent = ops.vec(dim);
  const collecting = new Collecting(sent, ops.vec(dim), (x, out) => ops.axpy(1, x, out));
  const answer = new Answer(ops.vec(dim), (scale, x, out) => ops.axpy(scale, x, out));
  const one = [0];
  return {
    ...node,
    open(turn, down) {
      aggregator.begin();
      node.open(turn, down);
    },
    receive(turn, worker, up) {
      ops.fill(0, sent);
      node.receive(turn, worker, collecting.from(up));
      // finite entries can overflow where they are scaled, and 0 Infinity of a clipped vector is NaN
      if (ops.typed.firstNonFinite(dim, sent.ptr) >= 0) {
        throw new WireError("value", `aggregator: the vector of worker ${worker} is not finite`);
      }
      aggregator.addVector(sent);
    },
    close(turn, answered) {
      aggregator.result(answer.vector);
      one[0] = answered[0]!;
      answer.fresh = true;
      node.receive(turn, one[0], answer);
      return node.close(turn, one);
    },
  };
}

/** Adds every part to `sent` and shows the method zeros. */
class Collecting implements Reader {
  readonly #sent: Vec;
  readonly #zeros: Vec;
  readonly #add: (x: Vec, out: Vec) => void;
  #up!: Reader;

  constructor(sent: Vec, zeros: Vec, add: (x: Vec, out: Vec) => void) {
    this.#sent = sent;
    this.#zeros = zeros;
    this.#add = add;
  }

  from(up: Reader): this {
    this.#up = up;
    return this;
  }

  get more(): boolean {
    return this.#up.more;
  }

  addTo(compressor: Compressor): void {
    this.#up.addTo(compressor, 1, this.#sent);
  }

  dense(): Vec {
    this.#add(this.#up.dense(), this.#sent);
    return this.#zeros;
  }

  model(): Vec {
    return this.dense();
  }

  scalar(): number {
    return this.#up.scalar();
  }
}

/** One worker's message that says the aggregate: its first part is the vector, others are zero. */
class Answer implements Reader {
  readonly vector: Vec;
  readonly more = false;
  /** No part of it was read yet. */
  fresh = true;
  readonly #axpy: (scale: number, x: Vec, out: Vec) => void;

  constructor(vector: Vec, axpy: (scale: number, x: Vec, out: Vec) => void) {
    this.vector = vector;
    this.#axpy = axpy;
  }

  addTo(_compressor: Compressor, scale: number, acc: Vec): void {
    if (this.fresh) this.#axpy(scale, this.vector, acc);
    this.fresh = false;
  }

  dense(): Vec {
    return this.vector;
  }

  model(): Vec {
    return this.vector;
  }

  scalar(): number {
    return 0;
  }
}
