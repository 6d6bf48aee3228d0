import { full } from "../../src/estimators/full.ts";
import { testEstimator } from "./conformance.ts";

testEstimator(full, { passes: 1, reduced: true, linear: { gamma: 0.2, rounds: 200 } });
