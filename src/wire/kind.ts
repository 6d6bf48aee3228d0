/** What a run frame is; the numbers are part of the format. */
export enum Kind {
  Down = 0,
  Up = 1,
  Private = 2,
  Welcome = 3,
  Resync = 4,
  Peer = 5,
  Control = 6,
  Tick = 7,
}

/** The server's number as a sender. */
export const FROM_SERVER = -1;
