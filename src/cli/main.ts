/** The command `thinwire`. Commands are loaded when they are asked for: `--version` reads one small file. */
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { packageVersion } from "./files.ts";
import { type CommandModule, checkOptions, Exit, errorLine, exitCode, print } from "./shell.ts";

/** In the order of the help. */
const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  run: () => import("./run.ts"),
  list: () => import("./list.ts"),
  encode: () => import("./encode.ts"),
  decode: () => import("./decode.ts"),
  inspect: () => import("./inspect.ts"),
  bench: () => import("./bench.ts"),
  verify: () => import("./verify.ts"),
  plot: () => import("./plot.ts"),
  serve: () => import("./serve.ts"),
  join: () => import("./join.ts"),
};

const COMMON = "Exit codes: 0 done, 1 failed, 2 bad usage. DEBUG=thinwire shows where an error comes from.";

async function shell(asked: string | undefined): Promise<CAC> {
  const { cac } = await import("cac");
  const cli = cac("thinwire");
  const wanted = asked !== undefined && Object.hasOwn(commands, asked) ? [commands[asked]!] : Object.values(commands);
  for (const load of wanted) (await load()).register(cli);
  cli.example("  thinwire run quickstart");
  cli.example("  thinwire list compressors");
  cli.version(packageVersion());
  cli.help((sections) => {
    const shown = sections.filter(({ title }) => !title?.startsWith("For more info"));
    return [...shown, { body: COMMON }];
  });
  return cli;
}

async function main(argv: readonly string[]): Promise<void> {
  const asked = argv[2];
  if (asked === "--version" || asked === "-v") {
    print(packageVersion());
    return;
  }
  const cli = await shell(asked);
  cli.parse([...argv], { run: false });
  if (cli.options.help || cli.options.version) return;
  const [name] = cli.args;
  if (!cli.matchedCommand) {
    if (argv.length <= 2) cli.outputHelp();
    else if (name === undefined) throw new UsageError(`unknown option "${asked}"; known: --help, --version`);
    else throw new UsageError(`unknown command "${name}"; ${suggestion(name, Object.keys(commands))}`);
    return;
  }
  checkOptions(cli);
  await cli.runMatchedCommand();
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(); // the reader has seen enough: `thinwire list methods | head -1`
    throw error;
  });
}

try {
  await main(process.argv);
} catch (error) {
  process.exitCode = exitCode(error);
  if (!(error instanceof Exit)) {
    const asked = process.argv[2];
    const command = asked !== undefined && Object.hasOwn(commands, asked) ? asked : undefined;
    process.stderr.write(`${errorLine(command, error)}\n`);
    if (process.env.DEBUG === "thinwire") process.stderr.write(`${(error as Error)?.stack}\n`);
  }
}
