import { ecSgdsrDiana } from "../../src/methods/ec-sgdsr-diana.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecSgdsrDiana, { way: "learnt", stalls: { over: 0.1, factor: [1.6, 3.5] } });
