import type { Method } from "../../src/core/contracts.ts";
import { dQlsvrg } from "../../src/methods/d-qlsvrg.ts";
import { dcgd } from "../../src/methods/dcgd.ts";
import { testVariant } from "./variant.ts";

testVariant(dQlsvrg, {
  base: dcgd as Method,
  slots: { gradient: "rand-k:k=4" },
  stalls: { gamma: 0.02, factor: [1.6, 3] },
});
