import type { Method } from "../../src/core/contracts.ts";
import { dSgdsr } from "../../src/methods/d-sgdsr.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { testVariant } from "./variant.ts";

testVariant(dSgdsr, { base: dgd as Method, stalls: { gamma: 0.04, factor: [1.6, 3] } });
