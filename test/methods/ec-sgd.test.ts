import { ecSgd } from "../../src/methods/ec-sgd.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecSgd, { way: "gradient", stalls: { over: 0.1, factor: [1.6, 3.5] } });
