import { importance } from "../../src/estimators/importance.ts";
import { testEstimator } from "./conformance.ts";

testEstimator(importance, { options: { batch: 2 }, passes: 0.2, reduced: false });
