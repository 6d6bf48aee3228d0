// Checks the package as its users get it: packs it, installs the tarball into an empty folder without a registry, and
// runs the README's first example there, by import and by require. publint checks the manifest.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "thinwire-package-"));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

try {
  run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  const home = join(folder, "node_modules", "thinwire");
  mkdirSync(home, { recursive: true });
  run("tar", ["xzf", join(folder, tarball), "--strip-components=1", "-C", home], folder);
  const { dependencies, scripts } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  if (dependencies && Object.keys(dependencies).length > 0) throw new Error("package.json: dependencies must be empty");
  for (const hook of ["preinstall", "install", "postinstall"])
    if (scripts?.[hook]) throw new Error(`package.json: ${hook} runs at install`);
  for (const file of [
    "dist/types/src/index.d.ts",
    "dist/core.wasm",
    "dist/experiment.schema.json",
    "LICENSE",
    "README.md",
  ]) {
    if (!existsSync(join(home, file))) throw new Error(`package: ${file} is missing`);
  }
  const example = `
const tw = await load();
const codec = tw.codec("top-k:ratio=0.01", 10_000, { seed: 7n });
const sum = new Float32Array(10_000);
codec.addTo(codec.encode(Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i))), 0.5, sum);
if (sum.filter((v) => v !== 0).length !== 100) throw new Error("the example is wrong");
`;
  writeFileSync(join(folder, "a.mjs"), `import { load } from "thinwire"; import "thinwire/methods";${example}`);
  writeFileSync(join(folder, "b.cjs"), `const { load } = require("thinwire"); (async () => {${example}})();`);
  run(process.execPath, ["a.mjs"], folder);
  run(process.execPath, ["b.cjs"], folder);
  run(process.execPath, [join(home, "dist/cli.js"), "list", "compressors", "--json"], folder);
  run(
    process.execPath,
    [resolve(root, "node_modules/publint/src/cli.js"), "run", root, "--strict", "--pack=false"],
    root,
  );
  console.log("package: packed, installed, imported, required; publint has no complaint");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
