/** Payload of one round of every method, per worker and direction, against the formulas of its messages. */
import { describe, expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { methods } from "../../src/methods/index.ts";
import { quadratic, ridge } from "../methods/problems.ts";
import { build, type Run } from "./harness.ts";

const d = 64;
const n = 5;
const b = 64; // bits of an element
const ROUNDS = 8;

/** Compressors whose messages have one length, by the class that a slot asks for. */
const specs: Readonly<Record<string, string>> = {
  unbiased: "rand-k:k=5",
  contractive: "biased-rand-k:k=6",
  any: "rand-k:k=7",
  "three-point": "ef21:of=(biased-rand-k:k=8)",
};

/** Bits of one message of a slot. */
type Bits = (slot: string) => number;

/** Bits of round k = 0..7, up and down, of one worker. */
interface Traffic {
  up(k: number, bits: Bits, run: Run): number;
  down(k: number, bits: Bits): number;
}

const one = (k: number): number => (k === 0 ? 1 : 0);
const plain: Traffic = { up: () => b * d, down: () => b * d };
const message: Traffic = { up: (_k, bits) => bits("gradient"), down: () => b * d };
/** C and Q: both slots, `shift` where it is filled. */
const two: Traffic = { up: (_k, bits) => bits("gradient") + bits("shift"), down: () => b * d };
const learnt: Traffic = { ...two, down: () => 2 * b * d };
/** Full gradients when the common coin falls (here p = 1 or next to 0), else a message. */
const marina: Traffic = { up: (k, bits) => (k === 0 ? b * d : bits("gradient")), down: () => b * d };
/** A dense vector, then integers of 32 bits; x, then the scale with it. */
const integers: Traffic = { up: (k) => (k === 0 ? b * d : 32 * d), down: (k) => b * d + (k === 0 ? 0 : 64) };

const traffic: Readonly<Record<string, Traffic>> = {
  dgd: plain,
  saga: plain,
  svrg: plain,
  "l-svrg": plain,
  jacsketch: plain,
  "sgd-sr": plain,
  "d-sgd": plain,
  "d-sgdsr": plain,
  "d-lsvrg": plain,
  dcgd: message,
  dqgd: message,
  qsgd: message,
  terngrad: message,
  "dcgd+": message,
  "diana+": message,
  sega: message,
  gdci: message,
  "vr-gdci": message,
  fpci: message,
  "vr-fpci": message,
  "d-qsgd": message,
  "d-qlsvrg": message,
  ef: message,
  "ec-gd": message,
  "ec-sgd": message,
  "ec-sgdsr": message,
  "ec-gdstar": message,
  "ec-lsvrg": message,
  "ec-lsvrgstar": message,
  ef21: message,
  "ef-bv": message,
  "3pc": { up: (_k, bits) => bits("map"), down: () => b * d },
  diana: two,
  "vr-diana": two,
  "d-sgd-diana": two,
  "d-lsvrg-diana": two,
  "dcgd-star": two,
  murana: two,
  "ec-gd-diana": learnt,
  "ec-sgd-diana": learnt,
  "ec-sgdsr-diana": learnt,
  "ec-lsvrg-diana": learnt,
  // grad f_i(x^0) once, besides a message
  "dcgd-shift": { up: (k, bits) => bits("gradient") + one(k) * b * d, down: () => b * d },
  // p = 1: always the dense difference too; that frames hold it says the coin, no flag is sent
  "rand-diana": { up: (_k, bits) => bits("gradient") + b * d, down: () => b * d },
  // p = 1: w is new in every round
  adiana: { up: (_k, bits) => 2 * bits("gradient"), down: () => 2 * b * d },
  "adiana+": { up: (_k, bits) => 2 * bits("gradient"), down: () => 2 * b * d },
  marina,
  "vr-marina": marina,
  "ef21-bc": { up: (_k, bits) => bits("gradient"), down: (k, bits) => bits("model") + one(k) * b * d },
  "dianasr-dq": { ...two, down: (k, bits) => (k === 0 ? b * d : bits("step")) },
  "signsgd-majority": { up: () => d, down: (k) => (k === 0 ? b * d : d) },
  ssdm: { up: () => d, down: (k) => (k === 0 ? b * d : d * Math.ceil(Math.log2(n + 1))) },
  intsgd: integers,
  intdiana: integers,
};

/** Options that make the random parts of the traffic certain. */
const certain: Readonly<Record<string, object>> = {
  "rand-diana": { p: 1 },
  adiana: { p: 1 },
  "adiana+": { p: 1 },
  marina: { p: 1e-9 },
  "vr-marina": { p: 1e-9 },
};

const exact = quadratic(n, d);
const rows = ridge(n, d, 4 * n);

function settingsOf(method: Method, optional: boolean) {
  const { compressors, defaults = {}, optional: free = [], oracle } = method.needs;
  const slots = Object.entries(compressors).filter(([slot]) => optional || !free.includes(slot));
  return {
    method,
    problem: method.estimator || oracle === "stochastic" ? rows : exact,
    slots: Object.fromEntries(
      slots.map(([slot, kind]) => [slot, defaults[slot]?.startsWith("raw-") ? defaults[slot] : specs[kind]!]),
    ),
    options: { gamma: 1e-4, ...certain[method.name] },
  };
}

/** What a worker sent and got in each round. */
async function measure(run: Run): Promise<{ up: number[]; down: number[] }> {
  const [up, down]: number[][] = [[], []];
  const { ledger } = run.server;
  for (let k = 0; k < ROUNDS; ++k) {
    const [before, told] = [ledger.uplinkBits, ledger.downlinkBits];
    await run.play(1);
    up!.push(ledger.uplinkBits - before);
    down!.push(ledger.downlinkBits - told);
  }
  return { up: up!, down: down! };
}

const rounds = Array.from({ length: ROUNDS }, (_, k) => k);

describe.each(Object.values(methods).filter((method) => method.server))("$name", (method) => {
  const formula = traffic[method.name];
  for (const optional of method.needs.optional ? [true, false] : [false]) {
    test(optional ? "with the slots that may be left out" : "bits of a round", async () => {
      expect(formula, "has a formula").toBeDefined();
      const run = build(settingsOf(method, optional));
      const bits: Bits = (slot) => {
        const codec = run.codecs[0]![slot];
        expect(codec?.fixedBytes ?? true).toBe(true);
        return 8 * (codec?.maxBytes ?? 0);
      };
      const measured = await measure(run);
      expect(measured.up).toEqual(rounds.map((k) => formula!.up(k, bits, run)));
      expect(measured.down).toEqual(rounds.map((k) => formula!.down(k, bits)));
    });
  }
});

test("methods without a server: async-sgd as a message up and x down for a result, gossip as x to the neighbours", async () => {
  const run = build({
    method: methods["async-sgd"]!,
    problem: exact,
    slots: { gradient: "rand-k:k=7" },
    options: { gamma: 1e-4 },
  });
  await run.play(40);
  const { ledger } = run.server;
  expect(ledger.uplinkBits).toBe((40 / n) * 8 * run.codecs[0]!.gradient!.maxBytes);
  expect(ledger.downlinkBits).toBeGreaterThanOrEqual((40 / n) * b * d); // and the jobs that are under way
  expect(ledger.downlinkBits).toBeLessThanOrEqual((40 / n + 1) * b * d);
  const ring = build({ method: methods.gossip!, problem: exact, options: { gamma: 1e-4 } });
  await ring.play(3);
  expect(ring.server.ledger.uplinkBits).toBe(3 * b * d * 2); // a message to each of two neighbours
});

test("expected traffic of the coins: rand-diana, marina, adiana", async () => {
  const p = 0.3;
  const share = async (name: string, direction: "uplinkBits" | "downlinkBits", least: number) => {
    const settings = settingsOf(methods[name]!, false);
    const run = build({ ...settings, options: { gamma: 1e-4, p } });
    await run.play(400);
    return (run.server.ledger[direction] / 400 - least) / (b * d);
  };
  const message = 8 * build(settingsOf(methods.dcgd!, false)).codecs[0]!.gradient!.maxBytes;
  const sigma = Math.sqrt((p * (1 - p)) / 400);
  // own coins average over n workers; those of the server do not
  expect(Math.abs((await share("rand-diana", "uplinkBits", message)) - p)).toBeLessThan((4 * sigma) / Math.sqrt(n));
  expect(Math.abs((await share("adiana", "downlinkBits", b * d)) - p)).toBeLessThan(4 * sigma + 1 / 400);
  const dense = (await share("marina", "uplinkBits", message)) / (1 - message / (b * d));
  expect(Math.abs(dense - p)).toBeLessThan(4 * sigma + 1 / 400);
});
