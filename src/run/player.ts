/** Rounds at a server, results as they come, or peers: a run of any kind, as the loop of a session sees it. */
import type { Vec } from "../core/contracts.ts";
import type { Cluster } from "./cluster.ts";
import type { Checkpoint } from "./control.ts";
import { AsyncServer } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { PeerHub } from "./peers.ts";
import { RoundServer, type ServerSetup } from "./rounds.ts";
import type { topology } from "./topology.ts";

export interface Player {
  readonly round: number;
  readonly ledger: Ledger;
  play(): Promise<void> | undefined;
  /** The current answer of the method into `x`. */
  iterate(x: Vec): Promise<void> | undefined;
  readonly memory: number;
  /** Between rounds only. */
  snapshot(): Promise<Checkpoint>;
  restore(checkpoint: Checkpoint): Promise<void>;
}

export function createPlayer(
  setup: ServerSetup,
  cluster: Cluster,
  neighbours: ReturnType<typeof topology> | undefined,
  observe?: (server: RoundServer | AsyncServer | PeerHub) => void,
): Player {
  if (neighbours) {
    const hub = new PeerHub(setup, cluster.transport, neighbours);
    observe?.(hub);
    return {
      get round() {
        return hub.round;
      },
      ledger: hub.ledger,
      play: () => hub.play(),
      iterate: async (x) => void (await hub.iterates(x)),
      memory: 0,
      snapshot: () => hub.snapshot(),
      restore: (checkpoint) => hub.restore(checkpoint),
    };
  }
  const server = setup.method.events
    ? new AsyncServer(setup, cluster.transport)
    : new RoundServer(setup, cluster.transport);
  observe?.(server);
  return {
    get round() {
      return server.round;
    },
    ledger: server.ledger,
    play: () => server.play(),
    iterate(x) {
      if (server instanceof RoundServer) server.output(x);
      else setup.ops.copy(server.x, x);
      return undefined;
    },
    memory: server.state.size,
    snapshot: () => server.snapshot(),
    restore: (checkpoint) => server.restore(checkpoint),
  };
}
