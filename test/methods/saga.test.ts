import type { Method } from "../../src/core/contracts.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { saga } from "../../src/methods/saga.ts";
import { testVariant } from "./variant.ts";

testVariant(saga, { base: dgd as Method, linear: { gamma: 0.05, rounds: 1500 } });
