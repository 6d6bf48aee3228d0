import type { Method } from "../../src/core/contracts.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { lSvrg } from "../../src/methods/l-svrg.ts";
import { testVariant } from "./variant.ts";

testVariant(lSvrg, { base: dgd as Method, linear: { gamma: 0.05, rounds: 1500 } });
