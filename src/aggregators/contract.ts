/**
 * Aggregators: what a server makes of its workers' messages where a method allows a choice. Not a plugin.
 *
 * A round is `begin`, one `add` a worker in worker order, `result`. Nothing is allocated in a round.
 */
import type { Bytes, Compressor, Ops, Vec } from "../core/contracts.ts";

export interface Aggregator {
  begin(): void;
  /**
   * Takes a worker's payload, which is checked first: after a WireError nothing has changed.
   * @throws RangeError for more messages in a round than there are workers
   */
  add(compressor: Compressor, payload: Bytes): void;
  /** Takes a worker's vector, already decoded and finite; absent where only payloads will do. */
  addVector?(x: Vec): void;
  /** Messages of this round so far. */
  readonly count: number;
  /** out = the aggregate. @throws RangeError if there are too few messages for one */
  result(out: Vec): void;
}

export interface AggregatorEnv {
  readonly ops: Ops;
  readonly dim: number;
  /** The most messages of a round. */
  readonly workers: number;
}

/** One aggregator: one file, one registry line, one test. */
export interface AggregatorFactory<O extends object = object> {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Paper and definition. */
  readonly reference: string;
  /** Server memory in terms of n workers and d entries. */
  readonly memory: string;
  /** Options with one line each: meaning, range, default. */
  readonly options: Readonly<Record<string, string>>;
  readonly defaults: Readonly<O>;
  /** @throws RangeError for options out of range */
  create(options: O, env: AggregatorEnv): Aggregator;
}

/** @throws RangeError if a round already has a message of every worker */
export function requireRoom(subject: string, count: number, workers: number): void {
  if (count >= workers) throw new RangeError(`${subject}: at most ${workers} messages a round (workers), got one more`);
}

/** @throws RangeError for an aggregate of nothing */
export function requireSome(subject: string, count: number): void {
  if (count === 0) throw new RangeError(`${subject}: a result needs at least one message, got 0`);
}
