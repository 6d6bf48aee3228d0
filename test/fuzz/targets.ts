/** Everything that reads bytes from outside. */
import { codecTargets } from "./codecs.ts";
import type { Dice } from "./mutate.ts";
import { natsTargets } from "./nats.ts";
import { runTargets } from "./runs.ts";
import type { Target } from "./target.ts";

/** @param all every example of every compressor, not the first alone, and every compressor in a run */
export const targets = (dice: Dice, all: boolean): Target[] => [
  ...codecTargets(dice, all),
  ...runTargets(all),
  ...natsTargets(),
];
