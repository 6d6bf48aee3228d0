/** The methods, by name. One line each. */
import type { Method } from "../core/contracts.ts";
import { asyncSgd } from "./async-sgd.ts";
import { dcgd } from "./dcgd.ts";
import { dcgdShift } from "./dcgd-shift.ts";
import { dcgdStar } from "./dcgd-star.ts";
import { dgd } from "./dgd.ts";
import { diana } from "./diana.ts";
import { ef } from "./ef.ts";
import { ef21 } from "./ef21.ts";
import { gdci } from "./gdci.ts";
import { gossip } from "./gossip.ts";
import { randDiana } from "./rand-diana.ts";
import { vrGdci } from "./vr-gdci.ts";

const all: readonly Method[] = [
  dgd,
  dcgd,
  dcgdShift,
  dcgdStar,
  diana,
  randDiana,
  gdci,
  vrGdci,
  ef,
  ef21,
  asyncSgd,
  gossip,
];

export const methods: Readonly<Record<string, Method>> = Object.fromEntries(all.map((method) => [method.name, method]));
