import type { Method } from "../../src/core/contracts.ts";
import { dSgd } from "../../src/methods/d-sgd.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { testVariant } from "./variant.ts";

testVariant(dSgd, { base: dgd as Method, stalls: { gamma: 0.04, factor: [1.6, 3] } });
