import { threePcV1 } from "../../src/maps/3pcv1.ts";
import { testMap } from "./conformance.ts";

testMap(threePcV1, { spec: "3pcv1:of=(biased-rand-k:ratio=0.25)", constants: [1, 0.75], equality: true, fixed: true });
