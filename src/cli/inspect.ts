/** `thinwire inspect`: what messages say of themselves. */
import type { CAC } from "cac";
import { formatInteger, formatPlain, printable } from "../report/format.ts";
import { renderTable } from "../report/table.ts";
import { failure } from "./decode.ts";
import { readInput } from "./files.ts";
import { print, printJson } from "./shell.ts";
import { readMessages } from "./vectors.ts";

export function register(cli: CAC): void {
  cli
    .command("inspect <in>", "Show compressor, size and state of the Thinwire messages in a file")
    .option("--json", "Print as JSON")
    .example("  thinwire inspect gradient.tw")
    .action((path: string, options: { json?: boolean }) => inspect(path, options));
}

async function inspect(path: string, { json }: { json?: boolean }): Promise<void> {
  const { load } = await import("../index.ts");
  const tw = await load();
  const file = readMessages(path, readInput(path));
  const infos = file.messages.map((message) => {
    try {
      const info = tw.inspect(message.bytes);
      return {
        name: message.name,
        shape: message.shape,
        ...info,
        bitsPerEntry: info.dim > 0 ? info.payloadBits / info.dim : 0,
      };
    } catch (error) {
      throw failure(path, message, file.plain, error);
    }
  });
  const others = file.others.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  if (json) {
    // a plain message has neither name nor shape
    const messages = infos.map(({ name, shape, ...info }) => (file.plain ? info : { name, shape, ...info }));
    printJson({ file: path, messages, others });
    return;
  }
  const columns = [
    ...(file.plain ? [] : [{ title: "name" }]),
    { title: "compressor" },
    { title: "d", right: true },
    { title: "dtype" },
    { title: "bits/entry", right: true },
    { title: "payload bits", right: true },
    { title: "framing", right: true },
    { title: "hash" },
    ...(infos.some(({ digest }) => digest) ? [{ title: "state before" }] : []),
  ] as const;
  const rows = infos.map((info) => [
    ...(file.plain ? [] : [printable(info.name)]),
    info.spec,
    formatInteger(info.dim),
    info.dtype,
    formatPlain(info.bitsPerEntry),
    formatInteger(info.payloadBits),
    formatInteger(info.framingBits),
    info.hash,
    ...(infos.some(({ digest }) => digest) ? [info.digest ?? "-"] : []),
  ]);
  print(renderTable({ columns, rows, best: -1 }, { width: 140 }));
  if (others.length > 0)
    print(`${others.length} of other types kept as they are: ${others.map(({ name }) => printable(name)).join(", ")}`);
}
