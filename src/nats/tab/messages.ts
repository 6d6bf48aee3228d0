/** What page and Web Worker say to each other. */

/** What a tab joins with. */
export interface Ticket {
  /** The broker's WebSocket listener. */
  url: string;
  run: string;
  worker?: number;
  user?: string;
  pass?: string;
}

export type FromWorker = { kind: "event" | "over" | "failed"; text: string } | { kind: "frames"; frames: number };
