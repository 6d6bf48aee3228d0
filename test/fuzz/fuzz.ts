/**
 * npm run fuzz [-- count [seed [minutes [decoder]]]]: mutants of everything that comes from outside, through every decoder. Ends with
 * 1 on the first violation of a target, 0 if there is none. Default: 10^7 mutants, seed 1, no limit of time.
 */
import { installCanaries } from "./canaries.ts";
import { Dice } from "./mutate.ts";
import { type Counts, type Target, Violation } from "./target.ts";

installCanaries();
const { targets } = await import("./targets.ts");

const [count = 1e7, seed = 1, minutes = Infinity] = process.argv.slice(2, 5).map(Number);
const wanted = process.argv[5] ?? "";
if (!(count > 0) || !Number.isInteger(seed) || !(minutes > 0)) {
  console.error("fuzz: npm run fuzz -- [count > 0] [integer seed] [minutes > 0]");
  process.exit(2);
}
/** Mutants that a target gets at a time. */
const SLICE = 200;

const began = performance.now();
const total: Counts = { taken: 0, refused: 0 };
const open: Target[] = targets(new Dice(seed), true).filter(({ name }) => name.includes(wanted));
const violations: Violation[] = [];
let since = began;
let round = 0;
const done = () => total.taken + total.refused;
const seconds = () => (performance.now() - began) / 1000;
const line = () =>
  `${done()} of ${count} mutants, ${total.taken} taken, ${total.refused} refused, ${violations.length} violations, ` +
  `${seconds().toFixed(0)} s, seed ${seed}`;

console.log(`fuzz: ${open.length} decoders`);
for (; done() < count && seconds() < 60 * minutes && open.length > 0; ++round) {
  for (let i = 0; i < open.length && done() < count && seconds() < 60 * minutes; ++i) {
    const target = open[i]!;
    try {
      // a seed for each slice, so that one can be played again
      const { taken, refused } = await target.play(new Dice(seed + 7919 * round + 104729 * i), SLICE);
      total.taken += taken;
      total.refused += refused;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violations.push(error);
      open.splice(i--, 1); // it would only say the same again
      console.error(error.message, error.cause ?? "");
    }
    if (performance.now() - since < 10_000) continue;
    since = performance.now();
    console.log(line());
  }
}
console.log(`fuzz: ${line()}`);
process.exitCode = violations.length > 0 ? 1 : 0;
