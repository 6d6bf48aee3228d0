/** Runs with a psi: the optimum of f + psi, what is measured of it, and the methods that reach it. */
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/core/contracts.ts";
import type { AdianaOptions } from "../../src/methods/adiana.ts";
import { methods } from "../../src/methods/index.ts";
import { privateOps } from "../../src/problems/factory.ts";
import { createProblem } from "../../src/problems/index.ts";
import { createProx } from "../../src/prox/index.ts";
import { minimiseComposite } from "../../src/prox/minimise.ts";
import { Evaluator, gradientAt, optimumOf } from "../../src/run/evaluator.ts";
import { averageBelow, floor, mean, optimalShifts } from "../methods/conformance.ts";
import { quadratic, random, ridge, rowsRidge } from "../methods/problems.ts";
import { build, distance2, squares } from "./harness.ts";

const problem = quadratic(6, 12, { mu: 1, L: 6, seed: 3 });
const specs = ["l1:lambda=1.5", "box:low=-0.5,high=0.5", "box:low=0", "l2:lambda=0.7"];

/** Largest violation of 0 in grad f(x) + d psi(x), relative to the gradient's size. */
function violation(of: Problem, spec: string, x: Float64Array): number {
  const g = gradientAt(of, x);
  const options = Object.fromEntries(
    spec
      .split(":")[1]!
      .split(",")
      .map((item) => item.split("=")),
  );
  const { lambda = 0, low = -Infinity, high = Infinity } = options as Record<string, number>;
  let worst = 0;
  x.forEach((v, j) => {
    const gj = g[j]!;
    let off: number;
    if (spec.startsWith("l1"))
      off = v === 0 ? Math.max(0, Math.abs(gj) - +lambda) : Math.abs(gj + +lambda * Math.sign(v));
    else if (spec.startsWith("l2")) off = Math.abs(gj + +lambda * v);
    else off = v === +low ? Math.max(0, -gj) : v === +high ? Math.max(0, gj) : Math.abs(gj);
    worst = Math.max(worst, off);
  });
  return worst;
}

describe("the optimum of f + psi", () => {
  const draws = random(2);
  const matrix = Float64Array.from({ length: 60 * 30 }, () => draws.normal());
  const data = {
    kind: "dense" as const,
    rows: 60,
    cols: 30,
    values: matrix,
    labels: new Float64Array(60).map((_, i) => (i % 3 ? 1 : -1)),
  };
  const rows = Array.from({ length: 4 }, (_, i) => Uint32Array.from({ length: 15 }, (_, j) => 15 * i + j));
  const logistic = createProblem({ name: "logistic", lambda: 1e-3 }, { workers: 4, data, rows, random: draws });
  const cases: [string, Problem, string[]][] = [
    ["quadratic", problem, specs],
    ["ridge", ridge(10, 80, 100), ["l1:lambda=20", "box:low=-10,high=30", "l2:lambda=3"]],
    ["logistic", logistic, ["l1:lambda=0.03", "box:low=-0.1,high=0.2"]],
  ];
  for (const [name, of, texts] of cases) {
    for (const spec of texts) {
      test(`${name}, ${spec}: 0 is in the subdifferential to machine precision`, () => {
        const x = optimumOf(of, createProx(spec));
        const { L } = of.smoothness();
        expect(violation(of, spec, x)).toBeLessThan(3e-14 * L * Math.sqrt(squares(x)));
        if (!spec.startsWith("l2")) {
          const options = spec.match(/-?\d+(\.\d+)?/g)!.map(Number);
          const kinks = Array.from(x).filter((v) => v === 0 || options.includes(v)).length;
          expect(kinks).toBeGreaterThan(0); // else psi does nothing here
          expect(kinks).toBeLessThan(x.length);
        }
      });
    }
  }

  test("without factors: conjugate gradients end at the same point", () => {
    for (const spec of specs) {
      const prox = createProx(spec);
      const ops = privateOps();
      const { hessian: _, ...oracle } = bound(problem.oracle(ops, -1));
      const x = minimiseComposite("quadratic", ops, oracle, prox, problem.smoothness().L);
      const wanted = optimumOf(problem, prox);
      expect(distance2(x, wanted)).toBeLessThan(1e-26 * squares(wanted));
    }
  });

  test("l2 is the regulariser of the problem", () => {
    const [plain, more] = [ridge(4, 6, 20, { lambda: 1 }), ridge(4, 6, 20, { lambda: 3.5 })];
    const x = optimumOf(plain, createProx("l2:lambda=2.5"));
    expect(distance2(x, more.optimum())).toBeLessThan(1e-26 * squares(x));
  });

  test("errors, the objective and the gradient mapping are those of f + psi", () => {
    const prox = createProx("l1:lambda=1.5");
    const start = new Float64Array(12).fill(3);
    const evaluator = new Evaluator(problem, "wasm", start, prox);
    const { ops } = build({ method: methods.dgd!, problem });
    const best = evaluator.evaluate(ops.from(evaluator.optimum));
    expect(best.relativeError).toBe(0);
    expect(best.objectiveGap).toBe(0);
    expect(best.gradientNormSquared).toBeLessThan(1e-24);
    const first = evaluator.evaluate(ops.from(start));
    expect(first.relativeError).toBe(1);
    // at 3 > gamma (lambda + L-ish gradients) the mapping moves by grad f + lambda where no entry crosses its kink
    const small = evaluator.evaluate(ops.from(start.map(() => 100)));
    const g = gradientAt(
      problem,
      start.map(() => 100),
    );
    expect(small.gradientNormSquared / squares(g.map((v) => v + 1.5))).toBeCloseTo(1, 1);
    expect(first.objective - best.objective).toBeCloseTo(first.objectiveGap, 9);
    const f = new Evaluator(problem, "wasm", start).evaluate(ops.from(start)).objective;
    expect(first.objective - f).toBeCloseTo(1.5 * 36, 9);
  });
});

/** Methods of an object as functions of their own. */
function bound(oracle: ReturnType<Problem["oracle"]>) {
  return {
    dim: oracle.dim,
    rows: oracle.rows,
    loss: oracle.loss.bind(oracle),
    gradient: oracle.gradient.bind(oracle),
    hessian: oracle.hessian!.bind(oracle),
  };
}

describe("methods that cover prox", () => {
  const start = Float64Array.from({ length: 12 }, (_, j) => 10 * Math.cos(j));
  const linear: Record<string, [slots: Record<string, string>, rounds: number]> = {
    dgd: [{}, 500],
    "dcgd-star": [{ gradient: "rand-k:k=3" }, 600],
    diana: [{ gradient: "rand-k:k=3" }, 900],
    "rand-diana": [{ gradient: "rand-k:k=3" }, 900],
    ef21: [{ gradient: "top-k:k=6" }, 1500],
    "3pc": [{ map: "clag:zeta=1,of=(top-k:k=6)" }, 1500],
    "ef-bv": [{ gradient: "rand-k:k=6" }, 2500],
    marina: [{ gradient: "rand-k:k=3" }, 1200],
    adiana: [{ gradient: "rand-k:k=6" }, 2600],
    murana: [{ gradient: "rand-k:k=3" }, 900],
    sega: [{ gradient: "rand-k:k=3" }, 900],
    "diana+": [{ gradient: "smooth:of=(rand-k:k=3)" }, 900],
    "adiana+": [{ gradient: "smooth:of=(rand-k:k=6)" }, 2600],
  };
  for (const [name, [slots, rounds]] of Object.entries(linear)) {
    for (const prox of specs) {
      test(`${name}, ${prox}: linear to 1e-20`, async () => {
        const run = build({ method: methods[name]!, problem, slots, start, prox });
        const optimum = optimumOf(problem, createProx(prox));
        await run.play(rounds);
        expect(distance2(await run.x(), optimum) / distance2(start, optimum)).toBeLessThan(1e-20);
      });
    }
  }

  test("adiana, psi = 1.5|x|_1: V of adiana.ts with f + psi in the place of f falls as its header says", async () => {
    const prox = createProx("l1:lambda=1.5");
    const best = optimumOf(problem, prox);
    const omega = 1;
    await averageBelow(
      { method: methods.adiana!, problem, slots: { gradient: "rand-k:k=6" }, start, prox: prox.spec },
      120,
      ({ options, n, rounds, facts, ops }, { state, gradient, loss }) => {
        const { gamma: eta, alpha, p, theta1, pull: gamma } = options as AdianaOptions;
        const beta = 1 - gamma * facts.mu;
        const at = (name: string) => Float64Array.from(rounds.state.vec(name).view);
        const value = (x: Float64Array) => loss(x) + prox.value(ops.from(x));
        const least = value(best);
        const w = at("w");
        const memory = mean(Array.from({ length: n }, (_, i) => omega * distance2(state(i, "h"), gradient(i, w))));
        return (
          distance2(at("z"), best) +
          ((2 * gamma * beta) / theta1) * (value(at("x")) - least) +
          ((gamma * beta * (1 + theta1)) / (theta1 * p)) * (value(w) - least) +
          ((12 * gamma * eta) / (theta1 * n * alpha)) * memory
        );
      },
      ({ options, facts }, k, first) => {
        const { alpha, p, theta1, pull: gamma } = options as AdianaOptions;
        const rates = [1 - gamma * facts.mu, 1 - theta1 / 2, 1 - (p * theta1) / (1 + theta1), 1 - alpha / 6];
        return Math.max(...rates) ** k * first;
      },
    );
  });

  test("vr-marina with mini-batches", async () => {
    const rows = rowsRidge();
    const prox = "l1:lambda=4";
    const run = build({ method: methods["vr-marina"]!, problem: rows, slots: { gradient: "rand-k:k=6" }, prox });
    const optimum = optimumOf(rows, createProx(prox));
    await run.play(3000);
    expect(distance2(await run.x(), optimum) / squares(optimum)).toBeLessThan(1e-20);
  });

  test("vr-diana with estimates", async () => {
    const rows = rowsRidge();
    const prox = "l1:lambda=4";
    const run = build({ method: methods["vr-diana"]!, problem: rows, slots: { gradient: "rand-k:k=6" }, prox });
    const optimum = optimumOf(rows, createProx(prox));
    await run.play(6000);
    expect(distance2(await run.x(), optimum) / squares(optimum)).toBeLessThan(1e-20);
  });

  test("dcgd: the neighbourhood of f + psi's minimiser", async () => {
    const prox = "l1:lambda=1.5";
    const optimum = optimumOf(problem, createProx(prox));
    const settings = {
      method: methods.dcgd!,
      problem: { ...bind(problem), optimum: () => optimum },
      slots: { gradient: "rand-k:k=3" },
      prox,
    };
    const { options, facts } = build(settings);
    const zeta = mean(shiftsAt(optimum).map(squares));
    const radius = (((2 * options.gamma) / facts.mu) * 3 * zeta) / 6;
    const value = await floor(settings, 300, 1000);
    expect(value).toBeLessThan(radius);
    expect(value).toBeGreaterThan(1e-3 * radius);
  });

  test("diana: the Lyapunov function with shifts at the composite optimum", async () => {
    const prox = "l1:lambda=1.5";
    const optimum = optimumOf(problem, createProx(prox));
    const best = shiftsAt(optimum);
    await averageBelow(
      { method: methods.diana!, problem, slots: { gradient: "rand-k:k=3" }, start: new Float64Array(12).fill(3), prox },
      100,
      ({ options, n }, { x, state }) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        const M = 12 / (n * alpha);
        return distance2(x, optimum) + M * gamma * gamma * mean(best.map((h, i) => distance2(state(i, "h"), h)));
      },
      ({ options, facts }, k, first) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        return Math.max(1 - gamma * facts.mu, 1 - alpha / 2) ** k * first;
      },
    );
  });

  test("f32 ends near", async () => {
    const run = build({
      method: methods.diana!,
      problem,
      slots: { gradient: "rand-k:k=3" },
      prox: "l1:lambda=1.5",
      dtype: "f32",
    });
    const optimum = optimumOf(problem, createProx("l1:lambda=1.5"));
    await run.play(900);
    expect(distance2(await run.x(), optimum) / squares(optimum)).toBeLessThan(1e-10);
  });

  test("methods that do not are refused, with the rule", () => {
    for (const name of ["gdci", "vr-gdci", "ef", "ec-gdstar", "d-sgd-diana"]) {
      const slots = Object.fromEntries(Object.keys(methods[name]!.needs.compressors).map((slot) => [slot, "identity"]));
      expect(() => build({ method: methods[name]!, problem: rowsRidge(), slots, prox: "l1:lambda=1" })).toThrow(
        new RegExp(`experiment.prox: ${name} does not cover prox`),
      );
    }
  });
});

/** grad f_i at any point. */
function shiftsAt(x: Float64Array): Float64Array[] {
  return optimalShifts({ ...bind(problem), optimum: () => x });
}

function bind(of: Problem): Problem {
  return {
    name: of.name,
    dim: of.dim,
    workers: of.workers,
    oracle: of.oracle.bind(of),
    shard: of.shard.bind(of),
    smoothness: of.smoothness.bind(of),
    optimum: of.optimum.bind(of),
  };
}
