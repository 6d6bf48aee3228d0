import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

export const command = resolve(import.meta.dirname, "../../dist/cli.js");
if (!existsSync(command)) throw new Error("dist/cli.js is missing: npm run build");

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the built command as a user does. */
export function thinwire(args: readonly string[], env: Record<string, string> = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    timeout: 50_000,
    encoding: "utf8",
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
  return { code: status, out: stdout, err: stderr };
}

/** Working folder of one test file. */
export const folder = mkdtempSync(join(tmpdir(), "thinwire-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

export const at = (name: string): string => join(folder, name);

/** Names left by writes that failed. */
export const leftovers = (): string[] => readdirSync(folder).filter((name) => name.endsWith(".tmp"));
