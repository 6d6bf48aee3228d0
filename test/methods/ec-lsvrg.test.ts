import { ecLsvrg } from "../../src/methods/ec-lsvrg.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecLsvrg, { way: "gradient", stalls: { over: 0.1, factor: [3, 5.5] } });
