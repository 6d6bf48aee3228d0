import { saga } from "../../src/estimators/saga.ts";
import { testEstimator } from "./conformance.ts";

testEstimator(saga, { options: { batch: 2 }, passes: 0.2, reduced: true, linear: { gamma: 0.05, rounds: 1500 } });
