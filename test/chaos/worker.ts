/**
 * A worker behind a bad network: `worker.ts <url> <run> <worker> <seed> <log>`. Loses, repeats, delays, cuts and flips
 * messages in both directions by a schedule that its seed fixes; every fault is one letter in the log, a capital where the
 * message was a reply that the server waits for.
 */
import { appendFileSync } from "node:fs";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Type } from "../../src/nats/envelope.ts";
import { join } from "../../src/nats/worker.ts";
import { Kind } from "../../src/wire/kind.ts";
import { lcg } from "../kernels/harness.ts";

const [url, run, worker, seed, log] = process.argv.slice(2) as [string, string, string, string, string];
const random = lcg(Number(seed));
const CHANCES = { l: 0.008, r: 0.004, d: 0.004, c: 0.004, f: 0.004 };

function pass(data: Uint8Array, deliver: (data: Uint8Array) => void): void {
  let u = random();
  let fault: keyof typeof CHANCES | undefined;
  for (const [name, chance] of Object.entries(CHANCES)) {
    if (u >= 0 && u < chance) fault = name as keyof typeof CHANCES;
    u -= chance;
  }
  if (fault === undefined || data[0] === Type.Bye) {
    deliver(data);
    return;
  }
  const awaited = data[0] === Type.Frame && (data[1]! & 7) === Kind.Up;
  appendFileSync(log, awaited ? fault.toUpperCase() : fault);
  const copy = data.slice();
  if (fault === "r") {
    deliver(data);
    deliver(copy);
  } else if (fault === "d") setTimeout(() => deliver(copy), 1 + 40 * random());
  else if (fault === "c") deliver(copy.subarray(0, Math.floor(random() * copy.length)));
  else if (fault === "f") {
    copy[Math.floor(random() * copy.length)]! ^= 1 << Math.floor(8 * random());
    deliver(copy);
  }
}

function faulty(connection: NatsConnection): NatsConnection {
  return new Proxy(connection, {
    get(target, key) {
      if (key === "publish") {
        return (subject: string, data: Uint8Array) =>
          pass(data, (sent) => {
            if (!target.isClosed()) target.publish(subject, sent);
          });
      }
      if (key === "subscribe") {
        return (subject: string, options: { callback: (error: Error | null, message: unknown) => void }) =>
          target.subscribe(subject, {
            callback: (error, message) => {
              if (error) options.callback(error, message);
              else pass(message.data, (data) => options.callback(null, { subject: message.subject, data }));
            },
          });
      }
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const connection = await connect({
  servers: url,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
  waitOnFirstConnect: true,
});
const joined = await join(faulty(connection), { run, worker: Number(worker), helloMs: 200 });
process.stdout.write(`${JSON.stringify(joined)}\n`);
await connection.close();
