import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { at, command, folder, thinwire } from "./support.ts";

const experiment = {
  problem: { name: "ridge", lambda: 0.01, data: { generator: "make-regression", rows: 60, features: 30, noise: 10 } },
  workers: 3,
  seed: 5,
  record: 50,
  stop: { rounds: 4000 },
  runs: [
    { method: "ec-sgd-diana", compressors: { gradient: "top-k:k=4", shift: "rand-k:k=4" } },
    { method: "marina", compressor: "rand-k:k=4" },
  ],
};
writeFileSync(at("long.json"), JSON.stringify(experiment));

/** Starts a run and kills it once `ready`. */
async function killed(args: readonly string[], ready: () => boolean): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: "ignore" });
  const over = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for (let i = 0; i < 4000 && child.exitCode === null && !ready(); ++i) await new Promise((r) => setTimeout(r, 5));
  expect(child.exitCode, "it was killed before it was over").toBeNull();
  child.kill("SIGKILL");
  await over;
}

const figures = (text: string) =>
  (JSON.parse(text) as { runs: Record<string, unknown>[] }).runs.map(
    ({ solution, rounds, uplinkBits, downlinkBits, bestRelativeError }) => ({
      solution,
      rounds,
      uplinkBits,
      downlinkBits,
      bestRelativeError,
    }),
  );
const trace = (out: string) =>
  readFileSync(at(`${out}/trace.jsonl`), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { run: number; round: number; relativeError: number })
    .map(({ run, round, relativeError }) => [run, round, relativeError]);

test("a run that was killed goes on bit for bit from its checkpoint", async () => {
  const whole = thinwire(["run", "long.json", "--quiet", "--json", "--out", "whole"]);
  expect(whole.err).toBe("");
  const saving = ["run", "long.json", "--quiet", "--json", "--out", "parts", "--checkpoint", "state", "--every", "70"];
  await killed(saving, () => existsSync(at("state")));
  await killed([...saving, "--resume"], () => existsSync(at("parts/trace.jsonl")) && trace("parts").length > 90);
  const rest = thinwire([...saving, "--resume"]);
  expect(rest.err).toBe("");
  expect(figures(rest.out)).toEqual(figures(whole.out));
  expect(trace("parts")).toEqual(trace("whole"));
});

test("a checkpoint of something else is refused", () => {
  writeFileSync(at("none"), "not a checkpoint");
  const args = (file: string) => ["run", "long.json", "--checkpoint", file, "--resume"];
  expect(thinwire(args("none"))).toMatchObject({ code: 1, err: expect.stringMatching(/none: is no checkpoint\n$/) });
  writeFileSync(at("other.json"), JSON.stringify({ ...experiment, seed: 6 }));
  const other = thinwire(["run", "other.json", "--checkpoint", "state", "--resume"]);
  expect(other).toMatchObject({ code: 1, err: expect.stringMatching(/state: belongs to another experiment\n$/) });
  const alone = thinwire(["run", "long.json", "--resume"]);
  expect(alone).toMatchObject({ code: 2, err: "thinwire run: --resume needs --checkpoint <file>\n" });
});
