import type { Method } from "../../src/core/contracts.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { sgdSr } from "../../src/methods/sgd-sr.ts";
import { testVariant } from "./variant.ts";

testVariant(sgdSr, { base: dgd as Method, stalls: { gamma: 0.04, factor: [1.6, 3] } });
