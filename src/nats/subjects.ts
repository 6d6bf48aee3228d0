/**
 * The subjects of a run. A worker publishes on its own alone and hears two; so a broker that knows its users can see to it
 * that nobody speaks as another (docs/operating.md has the permissions).
 *
 *   thinwire.<run>.down        server to everyone
 *   thinwire.<run>.to.<i>      server to worker i
 *   thinwire.<run>.up.<i>      worker i to the server
 *   thinwire.<run>.lobby       whoever has no number asks for one (open runs only)
 *   thinwire.<run>.seat.<t>    the answer to the one that asked with token t
 */
import { UsageError } from "../core/errors.ts";

export interface Subjects {
  readonly down: string;
  readonly ups: string;
  readonly lobby: string;
  to(worker: number): string;
  up(worker: number): string;
  seat(token: string): string;
}

/** @throws UsageError for a name that cannot be part of a subject */
export function subjects(run: string): Subjects {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(run)) {
    throw new UsageError(`nats: run must be 1..64 letters, digits, "-" or "_", got "${run}"`);
  }
  const base = `thinwire.${run}`;
  return {
    down: `${base}.down`,
    ups: `${base}.up.*`,
    lobby: `${base}.lobby`,
    to: (worker) => `${base}.to.${worker}`,
    up: (worker) => `${base}.up.${worker}`,
    seat: (token) => `${base}.seat.${token}`,
  };
}

/** The worker whose subject this is, or -1. */
export function workerOf(subject: string, workers: number): number {
  const text = subject.slice(subject.lastIndexOf(".") + 1);
  const worker = /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : -1;
  return worker < workers ? worker : -1;
}
