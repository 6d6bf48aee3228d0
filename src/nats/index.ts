/** `thinwire/nats`: both sides of a run over a NATS connection that the caller has opened, by TCP or by WebSocket. */
export { type GatherOptions, gather } from "./cluster.ts";
export { type Change, NatsServer, type NatsServerOptions } from "./server.ts";
export { type Joined, type JoinOptions, join } from "./worker.ts";
