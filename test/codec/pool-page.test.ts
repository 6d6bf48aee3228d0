/** Threads for long vectors on a page: the built library in headless Chromium, with the bytes of one thread in Node. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { load } from "../../src/index.ts";
import { chromium } from "../chromium.ts";
import { onPage } from "../page.ts";

if (!chromium) console.warn("skip: no chromium on this machine; threads for long vectors are not tested on a page");

const IMPORTS = 'import { load } from "./index.js";';
const dim = 5 * 2 ** 16 + 17;
const specs = ["natural", "random-dithering:s=7", "sign", "top-k:ratio=0.01"];
/** The same numbers in both places. */
const fill = (x: Float32Array) => {
  for (let i = 0; i < x.length; ++i) x[i] = ((i * 2654435761) % 65537) / 65537 - 0.5;
};

const encode = `
  const tw = await load({ threads: 3 });
  const fill = ${fill};
  const x = new Float32Array(${dim});
  fill(x);
  const out = { threads: tw.threads };
  for (const spec of ${JSON.stringify(specs)}) {
    const bytes = tw.codec(spec, ${dim}, { seed: 5n }).encode(x);
    const hash = await crypto.subtle.digest("SHA-256", bytes.slice());
    out[spec] = Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, "0")).join("");
  }
  tw.close();
  return out;`;

test.skipIf(!chromium)("the bytes of one thread", async () => {
  const tw = await load();
  const x = new Float32Array(dim);
  fill(x);
  const hash = (spec: string) =>
    createHash("sha256")
      .update(tw.codec(spec, dim, { seed: 5n }).encode(x))
      .digest("hex");
  const expected = { threads: 3, ...Object.fromEntries(specs.map((spec) => [spec, hash(spec)])) };
  expect(await onPage(IMPORTS, encode, true)).toEqual(expected);
});

test.skipIf(!chromium)("a page that is not isolated is told which headers it needs", async () => {
  const answer = (await onPage(IMPORTS, encode, false)) as { error: string };
  expect(answer.error).toMatch(/Cross-Origin-Opener-Policy: same-origin/);
});
