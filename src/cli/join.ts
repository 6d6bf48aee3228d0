/** `thinwire join`: this process becomes a worker of a run that another one serves. */
import { resolve } from "node:path";
import type { CAC } from "cac";
import { subjects } from "../nats/subjects.ts";
import { join } from "../nats/worker.ts";
import { parseExperiment } from "../run/config.ts";
import { shardOf } from "../run/experiment.ts";
import { brokerAddress, brokerOptions, connectBroker } from "./broker.ts";
import { Exit, INTERRUPTED, integerOption, print, typedOption } from "./shell.ts";

export function register(cli: CAC): void {
  brokerOptions(cli.command("join <run>", "Be a worker of a run that thinwire serve started, until it is over"))
    .option("--worker <i>", "This worker's number, 0..n-1 (default: the server gives one)")
    .option("--data <folder>", "Where the experiment's relative paths start (default: here)")
    .option("--quiet", "No progress")
    .example("  thinwire join quickstart")
    .example("  thinwire join ridge --nats nats://worker3:secret@broker.example:4222 --worker 3")
    .action((run: string, options: { quiet?: boolean }) => main(cli, run, options));
}

async function main(cli: CAC, run: string, { quiet }: { quiet?: boolean }): Promise<void> {
  const worker = integerOption(typedOption(cli, "--worker"), "worker", 0n, 999_999_999n);
  subjects(run); // its name must fit
  const baseDir = resolve(typedOption(cli, "--data") ?? ".");
  const connection = await connectBroker(brokerAddress(cli), `thinwire join ${run}`);
  const leave = new AbortController();
  const onSignal = () => leave.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const joined = await join(connection, {
      run,
      ...(worker !== undefined && { worker: Number(worker) }),
      shard: (experiment, number) => shardOf(parseExperiment(experiment), baseDir, number),
      onEvent: (event) => {
        if (!quiet) process.stderr.write(`${event}\n`);
      },
      signal: leave.signal,
    });
    const { reason, frames, dropped } = joined;
    const who = joined.worker < 0 ? `run ${run}` : `worker ${joined.worker}`;
    print(`${who}: ${reason}; ${frames} frames answered, ${dropped} dropped`);
    if (leave.signal.aborted) throw new Exit(INTERRUPTED);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await connection.close();
  }
}
