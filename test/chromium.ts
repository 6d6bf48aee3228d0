/** Headless Chromium for tests, with a profile of its own. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The browser's program, or undefined. */
export const chromium = ["chromium", "/usr/bin/chromium"].find((name) => {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});

const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/** Opens a page; the result ends the browser. */
export function openPage(url: string): () => Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), "thinwire-page-"));
  // a group of its own: the browser's own processes write to the profile until they end
  const browser = spawn(chromium!, [...FLAGS, `--user-data-dir=${profile}`, url], { stdio: "ignore", detached: true });
  const gone = new Promise<void>((done) => browser.once("exit", () => done()));
  const kill = () => {
    if (browser.exitCode === null && browser.pid !== undefined) process.kill(-browser.pid, "SIGKILL");
  };
  process.once("exit", kill); // whatever happens to the test
  return async () => {
    kill();
    await gone;
    process.off("exit", kill);
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
}
