/** `thinwire bench`. */
import type { CAC } from "cac";
import { Exit } from "./shell.ts";

export function register(cli: CAC): void {
  cli
    .command("bench", "Measure kernels, codecs and methods: Wasm against plain JS")
    .example("  thinwire bench --json")
    .action(() => {
      process.stderr.write("thinwire bench: not built yet\n");
      throw new Exit(1);
    });
}
