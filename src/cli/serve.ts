/** `thinwire serve`: plays an experiment whose workers are other processes, on any machine that reaches the broker. */
import type { ChildProcess } from "node:child_process";
import { basename } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { methods } from "../methods/index.ts";
import { gather } from "../nats/cluster.ts";
import { type Change, NatsServer } from "../nats/server.ts";
import { subjects } from "../nats/subjects.ts";
import type { Experiment } from "../run/config.ts";
import type { RoundServer } from "../run/rounds.ts";
import type { RunOptions } from "../run/session.ts";
import { brokerAddress, brokerOptions, connectBroker, startBroker, webSocketUrl } from "./broker.ts";
import { checkpointOptions } from "./checkpoint.ts";
import type { Figures } from "./http.ts";
import { locate, play } from "./play.ts";
import { choiceOption, integerOption, typedOption } from "./shell.ts";

interface Options {
  quiet?: boolean;
  json?: boolean;
  broker?: boolean;
  sendData?: boolean;
}

export function register(cli: CAC): void {
  checkpointOptions(
    brokerOptions(cli.command("serve <experiment>", "Play an experiment with workers that join over NATS")),
  )
    .option("--run <name>", "The run's name, part of every subject (default: the experiment's)")
    .option("--broker", "Start a local nats-server for a first try")
    .option("--send-data", "Send every worker its rows (default: workers read the data themselves)")
    .option("--policy <name>", "wait (default) for every worker, or close rounds without the late ones: partial")
    .option("--quorum <n>", "With --policy partial: replies without which no round closes (default: 1)")
    .option("--http <port>", "On 127.0.0.1: a page that makes a browser's tab a worker, and Prometheus /metrics")
    .option("--out <folder>", "Where trace.jsonl, summary.json, plot.svg and report.html go (default: results/<name>)")
    .option("--quiet", "No progress")
    .option("--json", "Print summary.json instead of the table")
    .example("  thinwire serve quickstart --broker          # then, ten times: thinwire join quickstart")
    .example("  thinwire serve ridge.json --nats nats://server:secret@broker.example:4222 --policy partial --quorum 6")
    .action((experiment: string, options: Options) => serve(cli, experiment, options));
}

async function serve(cli: CAC, given: string, options: Options): Promise<void> {
  const run = typedOption(cli, "--run") ?? basename(given, ".json");
  subjects(run); // its name must fit
  locate(given);
  const policy = choiceOption(typedOption(cli, "--policy"), "policy", ["wait", "partial"] as const) ?? "wait";
  const quorum = integerOption(typedOption(cli, "--quorum"), "quorum", 1n, 1_000_000n);
  if (quorum !== undefined && policy !== "partial") throw new UsageError("--quorum needs --policy partial");
  const port = integerOption(typedOption(cli, "--http"), "http", 1n, 65_535n);
  const address = brokerAddress(cli);
  let broker: ChildProcess | undefined;
  let connection: NatsConnection | undefined;
  const served = new Served(run, options.quiet === true);
  try {
    if (options.broker) broker = await startBroker(address);
    connection = await connectBroker(address, `thinwire serve ${run}`);
    if (port !== undefined) {
      await (await import("./http.ts")).serveHttp(() => served.figures(), Number(port));
      const nats = broker ? `&nats=${webSocketUrl(address)}` : "";
      served.say(`tabs: http://127.0.0.1:${port}/?run=${run}${nats}`);
    }
    await play(cli, given, {
      ...options,
      status: () => served.status(),
      nodes: (experiment, source, signal) => {
        checkMethods(experiment, policy);
        return served.nodes(connection!, signal, {
          partial: policy === "partial",
          ...(quorum !== undefined && { quorum: Number(quorum) }),
          ...(!options.sendData && { experiment: source }),
        });
      },
    });
  } finally {
    await served.close();
    await connection?.close();
    broker?.kill();
  }
}

const WORDS = { joined: "joined", left: "left", silent: "does not answer", back: "answers again" } as const;
/** Whether the methods bear what the policy asks of them. @throws UsageError */
function checkMethods({ runs }: Experiment, policy: "wait" | "partial"): void {
  for (const { method: name } of runs) {
    const method = Object.hasOwn(methods, name) ? methods[name]! : undefined;
    if (!method) continue; // its name is refused where all names are
    if (!method.server) throw new UsageError(`serve: ${name} plays no rounds; it runs in one process: thinwire run`);
    if (policy === "partial" && !method.covers?.includes("participation")) {
      const able = Object.values(methods).filter(({ covers }) => covers?.includes("participation"));
      throw new UsageError(
        `--policy partial: ${name}'s theory needs every worker; methods that do not: ${able.map((one) => one.name).join(", ")}`,
      );
    }
  }
}

interface Policy {
  partial: boolean;
  quorum?: number;
  /** For workers that read their data themselves. */
  experiment?: unknown;
}

/** The runs of one experiment over one connection, and what there is to see of them. */
class Served {
  readonly #run: string;
  readonly #quiet: boolean;
  #transport: NatsServer | undefined;
  #server: RoundServer | undefined;
  #workers = 0;

  constructor(run: string, quiet: boolean) {
    this.#run = run;
    this.#quiet = quiet;
  }

  nodes(connection: NatsConnection, signal: AbortSignal, policy: Policy): Partial<RunOptions> {
    const { partial, quorum, experiment } = policy;
    return {
      cluster: (description, shards, limit) => {
        this.#workers = description.n;
        this.#transport ??= new NatsServer(connection, {
          run: this.#run,
          workers: description.n,
          limit,
          open: true,
          onChange: (change) => this.#tell(change),
        });
        if (this.#transport.present < description.n) {
          this.say(`waiting for ${description.n} workers: thinwire join ${this.#run}`);
        }
        return gather(this.#transport, description, shards, limit, {
          signal,
          ...(partial && { quorum: quorum ?? 1 }),
          ...(experiment !== undefined && { experiment }),
        });
      },
      server: { partial, resync: true, guard: true, patience: {}, ...(quorum !== undefined && { quorum }) },
      observe: (server) => {
        this.#server = server as RoundServer;
      },
    };
  }

  status(): string {
    const { workers, late = 0, dropped = 0, resynced = 0 } = this.figures();
    return `workers ${workers}/${this.#workers}  late ${late}  dropped ${dropped}  resynced ${resynced}`;
  }

  figures(): Figures {
    const server = this.#server;
    const transport = this.#transport;
    return {
      workers: transport?.present ?? 0,
      round: server?.round,
      late: server?.late,
      repeated: server?.repeated,
      dropped: server?.dropped,
      resynced: server?.resynced,
      lost: server?.lost,
      hostile: transport && transport.counts.malformed + transport.counts.flooded,
      uplink_bits: server?.ledger.uplinkBits,
      downlink_bits: server?.ledger.downlinkBits,
    };
  }

  async close(): Promise<void> {
    await this.#transport?.close();
  }

  say(text: string): void {
    if (!this.#quiet) process.stderr.write(`${text}\n`);
  }

  #tell(change: Change): void {
    const text =
      "worker" in change
        ? `worker ${change.worker} ${WORDS[change.kind]}${change.reason === undefined ? "" : `: ${change.reason}`}`
        : `broker ${change.kind}`;
    this.say(text);
  }
}
