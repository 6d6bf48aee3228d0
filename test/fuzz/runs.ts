/** Frames of a run: through the server of every method under a guard, and through workers. */
import { compressors } from "../../src/compressors/index.ts";
import type { Method } from "../../src/core/contracts.ts";
import { OVERFLOW, UsageError, WireError } from "../../src/core/errors.ts";
import { methods } from "../../src/methods/index.ts";
import { Guard } from "../../src/run/guard.ts";
import { Kind } from "../../src/wire/frame.ts";
import { TRAILER } from "../../src/wire/header.ts";
import { settingsFor } from "../run/every-method.ts";
import { build, type Run, type RunSettings } from "../run/harness.ts";
import { type Dice, Mutator } from "./mutate.ts";
import { type Counts, checkArena, Rehasher, type Target, Violation, violation } from "./target.ts";

const ROUNDS = 12;
/** Mutants of one answer before the answer itself. */
const TRIES = 6;
const LONGEST = 1 << 14;
/** Bytes of the header of a short frame. */
const HEAD = 4;

/** Nobody is banned here: mutants would be over after three. */
Guard.prototype.strike = () => false;

/** A run that well-formed nonsense has led astray ends like this; it is the sender's right to be wrong. */
const ASTRAY = /gave no answer to|no twin however often|no twin copies|"resync": true/;

const isAstray = (error: unknown): boolean =>
  error instanceof Error && (ASTRAY.test(error.message) || OVERFLOW.test(error.message));

/** Plays rounds; whether all were played. `lives`: nothing but numbers beyond their type may end it. @throws Violation for an end that no bytes may cause */
async function playAll(name: string, run: Run, last: () => Uint8Array, lives: boolean): Promise<boolean> {
  try {
    await run.play(ROUNDS);
    return true;
  } catch (error) {
    if (error instanceof Violation) throw error;
    if (lives ? error instanceof Error && OVERFLOW.test(error.message) : isAstray(error)) return false;
    throw violation(name, `the run ended: ${String(error)}`, last(), error);
  }
}

/** Inboxes of all nodes and readers, each in memory that was doubled until it held the longest frame. */
const boundOf = (run: Run): number => run.ops.arena.used + 8 * (2 * run.n + 2) * LONGEST;

/**
 * Answers of one worker, mutated until the server takes one or the true answer comes. Whatever it refused must have left no
 * trace: a twin of the run that hears the accepted frames alone makes the same iterates, bit for bit.
 */
class ServerTarget implements Target {
  readonly name: string;
  readonly #settings: RunSettings;
  readonly #mutator = new Mutator();
  #last = new Uint8Array();

  constructor(name: string, settings: RunSettings) {
    this.name = `server ${name}`;
    this.#settings = { ...settings, resync: true, guard: true };
  }

  async play(dice: Dice, count: number): Promise<Counts> {
    const counts = { taken: 0, refused: 0 };
    while (counts.taken + counts.refused < count) await this.#block(dice, counts);
    return counts;
  }

  async #block(dice: Dice, counts: Counts): Promise<void> {
    const run = build(this.#settings);
    const rehasher = new Rehasher(run.ops, LONGEST);
    const bound = boundOf(run);
    /** Mutants of what stands between header and digest alone: none of them asks for a welcome. */
    const bodies = dice.below(2) === 0;
    const accepted = new Map<string, Uint8Array>();
    const mutants = new Set<Uint8Array>();
    let other: Uint8Array = new Uint8Array(32);
    let tries = 0;
    let tried = -1;
    let turn = "";
    run.network.tamper = (from, frame) => {
      const key = `${from} ${keyOf(frame)}`;
      let sent = frame;
      if ((frame[0]! & 7) === Kind.Up) {
        const { round } = run.rounds;
        if (key !== turn) tries = from === round % run.n && round !== tried ? dice.below(TRIES + 1) : 0;
        turn = key;
        if (tries > 0) tried = round; // what follows a frame that was taken may be a welcome: it is left alone
        if (tries-- > 0) {
          const mutant = this.#mutator.mutate(dice, frame, other, bodies ? TRAILER : 8);
          if (bodies && mutant.length >= HEAD) mutant.set(frame.subarray(0, HEAD));
          this.#last = rehasher.mend(mutant).slice();
          checkArena(this.name, run.ops, bound, this.#last);
          sent = this.#last;
          mutants.add(sent);
        }
        other = frame;
      }
      accepted.set(key, sent);
      return sent;
    };
    const whole = await playAll(this.name, run, () => this.#last, bodies);
    const taken = [...accepted.values()].filter((frame) => mutants.has(frame)).length;
    counts.taken += taken;
    counts.refused += mutants.size - taken;
    checkArena(this.name, run.ops, bound, this.#last);
    if (!whole) return;
    const twin = build({ ...this.#settings, guard: false });
    twin.network.tamper = (from, frame) => {
      const heard = accepted.get(`${from} ${keyOf(frame)}`);
      return heard && mutants.has(heard) ? heard : frame;
    };
    try {
      await twin.play(ROUNDS);
    } catch (error) {
      if (error instanceof WireError) return; // a frame of a later turn that was taken early, say
      throw error;
    }
    if (twin.rounds.resynced !== run.rounds.resynced) {
      if (bodies) throw violation(this.name, "a refused frame cost a welcome", this.#last);
      return; // welcomes round differently
    }
    const [x, y] = [await run.x(), await twin.x()];
    if (x.some((v, j) => !Object.is(v, y[j])))
      throw violation(this.name, `a refused frame left a trace (${bodies}, ${run.rounds.resynced})`, this.#last);
  }
}

/** Kind, exchange, round and sender: the first bytes of a short header. */
const keyOf = (frame: Uint8Array): string => `${frame[0]} ${frame[1]} ${frame[2]} ${frame[3]}`;

/** Frames to one worker, mutated, each before the true one. */
class WorkerTarget implements Target {
  readonly name: string;
  readonly #settings: RunSettings;
  readonly #mutator = new Mutator();
  #last = new Uint8Array();

  constructor(name: string, settings: RunSettings) {
    this.name = `worker ${name}`;
    this.#settings = { ...settings, resync: true, guard: true, partial: true };
  }

  async play(dice: Dice, count: number): Promise<Counts> {
    const counts = { taken: 0, refused: 0 };
    while (counts.taken + counts.refused < count) await this.#block(dice, counts);
    return counts;
  }

  async #block(dice: Dice, counts: Counts): Promise<void> {
    const run = build(this.#settings);
    const rehasher = new Rehasher(run.ops, LONGEST);
    const bound = boundOf(run);
    const host = run.network.hosts[1]!;
    const receive = host.receive.bind(host);
    let other: Uint8Array = new Uint8Array(32);
    host.receive = (frame) => {
      for (let tries = dice.below(TRIES + 1); tries > 0; --tries) {
        this.#last = rehasher.mend(this.#mutator.mutate(dice, frame, other, 8)).slice();
        counts[this.#takes(receive) ? "taken" : "refused"] += 1;
        checkArena(this.name, run.ops, bound, this.#last);
      }
      other = frame.slice();
      try {
        return receive(frame);
      } catch (error) {
        // a worker that was told nonsense leaves the run
        if (error instanceof WireError || isAstray(error)) return undefined;
        throw violation(this.name, `threw ${String(error)} for a true frame after mutants`, this.#last, error);
      }
    };
    await playAll(this.name, run, () => this.#last, false);
  }

  #takes(receive: (frame: Uint8Array) => Uint8Array | undefined): boolean {
    try {
      return receive(this.#last) !== undefined;
    } catch (error) {
      if (error instanceof WireError || isAstray(error)) return false;
      throw violation(this.name, `threw ${String(error)}`, this.#last, error);
    }
  }
}

/** Every method with its usual compressors, and dcgd with every compressor that it takes. */
export function runTargets(all: boolean): Target[] {
  const settings: [string, RunSettings][] = Object.values(methods)
    .filter(({ server }) => server !== undefined)
    .map((method) => [method.name, settingsFor(method)]);
  const dcgd = methods.dcgd as Method;
  for (const name of all ? Object.keys(compressors) : []) {
    const given = { ...settingsFor(dcgd), slots: { gradient: specOf(name) } };
    if (isPlayable(given)) settings.push([`dcgd ${name}`, given]);
  }
  return settings.flatMap(([name, given]) => [new ServerTarget(name, given), new WorkerTarget(name, given)]);
}

const specOf = (name: string): string =>
  Object.hasOwn(compressors[name]!.options, "ratio") ? `${name}:ratio=0.4` : name;

function isPlayable(settings: RunSettings): boolean {
  try {
    build(settings);
    return true;
  } catch (error) {
    if (error instanceof UsageError || error instanceof RangeError) return false;
    throw error;
  }
}
