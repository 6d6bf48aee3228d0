/** `thinwire plot`: pictures that need no experiment. */
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { checkOutput, writeOutput } from "./files.ts";
import { integerOption, print, typedOption } from "./shell.ts";

export function register(cli: CAC): void {
  cli
    .command("plot <what>", "Draw a picture: frontier (bits an entry against error of every compressor)")
    .option("-o, --out <file>", "Where to write the SVG (default: frontier.svg)")
    .option("--dim <d>", "Entries of the vector, 64..2^20 (default: 4096)")
    .option("--force", "Overwrite the output if it exists")
    .example("  thinwire plot frontier -o frontier.svg")
    .action(async (what: string, { force = false }: { force?: boolean }) => {
      if (what !== "frontier") throw new UsageError(`unknown picture "${what}"; known: frontier`);
      const dim = Number(integerOption(typedOption(cli, "--dim"), "dim", 64n, 2n ** 20n) ?? 4096n);
      const out = typedOption(cli, "-o", "--out") ?? "frontier.svg";
      checkOutput(out, force);
      const { frontier } = await import("../verify/frontier.ts");
      const { frontierSvg } = await import("../verify/chart.ts");
      const points = frontier(dim);
      writeOutput(out, frontierSvg(points, dim));
      print(`${out}: ${points.length} compressors, d = ${dim}`);
    });
}
