import type { Method } from "../../src/core/contracts.ts";
import { dLsvrg } from "../../src/methods/d-lsvrg.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { testVariant } from "./variant.ts";

testVariant(dLsvrg, { base: dgd as Method, linear: { gamma: 0.05, rounds: 1500 } });
