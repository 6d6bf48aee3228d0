import { ecSgdDiana } from "../../src/methods/ec-sgd-diana.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecSgdDiana, { way: "learnt", stalls: { over: 0.1, factor: [1.6, 3.5] } });
