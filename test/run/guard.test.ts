/** A message that is intact and yet wrong, read to its end before that shows: everything of the exchange is taken back. */
import { expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import { TRAILER } from "../../src/wire/header.ts";
import { settingsFor } from "./every-method.ts";
import { build, type Run } from "./harness.ts";

/** The frame with eight bytes more after its parts, its hash mended. */
function swollen(run: Run, frame: Uint8Array): Uint8Array {
  const end = frame.length - TRAILER;
  const hasLengths = (frame[0]! & 8) !== 0;
  const at = hasLengths ? end - (4 * frame[end - 1]! + 1) : end;
  const out = new Uint8Array(frame.length + 8);
  out.set(frame.subarray(0, at));
  out.fill(0x55, at, at + 8);
  out.set(frame.subarray(at), at + 8);
  const copy = run.ops.bytes(out.length);
  copy.view.set(out);
  const { ptr } = run.ops.bytes(8);
  run.ops.kernels.xxh64(copy.ptr, out.length - 8, 0, 0, ptr);
  out.set(run.ops.arena.u8.subarray(ptr, ptr + 8), out.length - 8);
  return out;
}

const rounds = Object.values(methods).filter(({ server }) => server !== undefined);

const cases = rounds.flatMap((method) => {
  const settings = settingsFor(method);
  const plain = [method.name, settings] as const;
  if (!method.covers?.includes("downlink")) return [plain];
  const slots = { ...settings.slots, model: "top-k:k=3" };
  return [plain, [`${method.name} with a compressed broadcast`, { ...settings, slots }] as const];
});

test.each(cases)("%s: a hostile message leaves no trace", async (_name, settings) => {
  const [clean, attacked] = [build(settings), build({ ...settings, guard: true })];
  let attacks = 0;
  attacked.network.tamper = (from, frame) => {
    // worker 1's first answer in every third round; the second time it is asked it sends what it should
    const { round } = attacked.rounds;
    if (from !== 1 || round % 3 !== 1 || attacks > round / 3 || (frame[0]! & 7) !== 1 || attacks >= 2) return frame;
    attacks += 1;
    return swollen(attacked, frame);
  };
  await Promise.all([clean.play(8), attacked.play(8)]);
  expect(attacks).toBe(2);
  expect(attacked.rounds.rejected).toBe(2);
  expect(await attacked.x()).toEqual(await clean.x());
  const bits = (run: Run) => [run.server.ledger.uplinkBits, run.server.ledger.uplinkFramingBits];
  expect(bits(attacked)).toEqual(bits(clean));
});
