/** What maps are made of: compressed differences of points, a choice between moves, a correction of a move. Not a map. */
import { Bytes } from "../../bindings/arena.ts";
import { requireHead, requireLength } from "../compressors/common.ts";
import { twoStep } from "../compressors/two-step.ts";
import type { Compressor, Rng, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import type { MapEnv, Move, Points } from "./contract.ts";

type Point = "h" | "y" | "x";

/** C(to - from). */
export function difference({ ops, dim }: MapEnv, compressor: Compressor, to: Point, from: Point): Move {
  const u = ops.scratch.vec(dim, ops.dtype);
  return {
    maxBytes: compressor.maxBytes,
    ...(compressor.fixedBytes ? { fixedBytes: true as const } : {}),
    encode(points, rng, out) {
      ops.sub(points[to], points[from], u);
      return compressor.encode(u, rng, out);
    },
    check: (payload) => compressor.check(payload),
    addTo: (payload, scale, acc) => compressor.addTo(payload, scale, acc),
  };
}

/** x - h, so that h <- x up to rounding. */
export const whole = (env: MapEnv): Move => difference(env, env.create("identity"), "x", "h");

/** h stays. */
export function nothing(subject: string): Move {
  const check: Move["check"] = (payload) => requireLength(subject, payload, 0);
  return { maxBytes: 0, fixedBytes: true, encode: () => 0, check, addTo: check };
}

/**
 * One of several moves a message. Payload: u8 which | its payload.
 * @param choose which of the moves, an index
 */
export function choice(
  subject: string,
  { ops }: MapEnv,
  moves: readonly Move[],
  choose: (points: Points, rng: Rng) => number,
): Move {
  const { arena } = ops;
  const rest = new Bytes(arena, 0, 0);
  /** Points `rest` at the chosen move's payload, checked. */
  const read = (payload: Bytes): Move => {
    requireHead(subject, payload, 1);
    const which = arena.data.getUint8(payload.ptr);
    const move = moves[which];
    if (!move)
      throw new WireError("kind", `${subject}: the first byte must be in 0..${moves.length - 1}, got ${which}`);
    move.check(rest.at(payload.ptr + 1, payload.length - 1));
    return move;
  };
  return {
    maxBytes: 1 + Math.max(...moves.map((move) => move.maxBytes)),
    encode(points, rng, out) {
      const which = choose(points, rng);
      const move = moves[which]!;
      arena.data.setUint8(out.ptr, which);
      return 1 + move.encode(points, rng, rest.at(out.ptr + 1, move.maxBytes));
    },
    check: (payload) => void read(payload),
    addTo: (payload, scale, acc) => read(payload).addTo(rest, scale, acc),
  };
}

/** First a move to b, then C(x - b). Payload: as `twoStep` has it. */
export function corrected(subject: string, env: MapEnv, first: Move, compressor: Compressor): Move {
  const { ops, dim } = env;
  const u = ops.scratch.vec(dim, ops.dtype);
  let points: Points;
  const steps = twoStep(
    subject,
    env,
    { ...first, encode: (_u: Vec, rng, out) => first.encode(points, rng, out) },
    compressor,
  );
  return {
    ...steps,
    encode(now, rng, out) {
      points = now;
      ops.sub(now.x, now.h, u);
      return steps.encode(u, rng, out); // what is left of u after the first move is x - b
    },
  };
}

/** A and B of h + C(x - h), C in B(alpha): Young's inequality with the best weight. */
export function following(alpha: number): { A: number; B: number } {
  const S = Math.sqrt(1 - alpha);
  return { A: 1 - S, B: (1 - alpha) / (1 - S) };
}

/** @throws RangeError without the compressor */
export function given(subject: string, key: string, spec: string | undefined): string {
  if (spec !== undefined) return spec;
  throw new RangeError(`${subject}: give ${key}, a spec in parentheses`);
}

/** delta of a compressor. @throws RangeError without one */
export function contraction(subject: string, { spec, delta }: Compressor): number {
  if (delta !== undefined) return delta;
  throw new RangeError(
    `${subject}: needs a contractive compressor with a delta (scaled:of=(...) gives one), got ${spec}`,
  );
}

/** omega of a compressor. @throws RangeError without one */
export function unbiasedness(subject: string, { spec, omega }: Compressor): number {
  if (omega !== undefined) return omega;
  throw new RangeError(`${subject}: needs an unbiased compressor, got ${spec}`);
}

/** @throws RangeError unless p is in (0, 1] */
export function chance(subject: string, p: number | undefined): number {
  if (p !== undefined && p > 0 && p <= 1) return p;
  throw new RangeError(`${subject}: p must be in (0, 1], got ${p}`);
}

/** @throws RangeError unless zeta is a number >= 0 */
export function trigger(subject: string, zeta: number | undefined): number {
  if (zeta !== undefined && zeta >= 0 && zeta < Infinity) return zeta;
  throw new RangeError(`${subject}: zeta must be a number >= 0, got ${zeta}`);
}
