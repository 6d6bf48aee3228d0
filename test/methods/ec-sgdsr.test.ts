import { ecSgdsr } from "../../src/methods/ec-sgdsr.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecSgdsr, { way: "gradient", stalls: { over: 0.1, factor: [1.6, 3.5] } });
