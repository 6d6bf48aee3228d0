/**
 * signSGD with majority vote: x <- x - gamma Maj(sign g_1, ..., sign g_n), entry by entry; a tie is +1, as sgn(0).
 *
 * Assumptions: f L-smooth; all f_i alike (exact gradients), or noise that is unimodal and symmetric about them.
 * Step size: gamma = 1/sqrt(d L K) for K planned rounds; any gamma > 0 is stable.
 * Promise, all f_i = f: (1/K) sum |grad f(x^k)|_1 <= (f(x^0) - f*)/(gamma K) + gamma d L/2,
 *   from f(x+) <= f - gamma |grad f|_1 + L gamma^2 d/2.
 *   With a fixed step it never settles: every coordinate moves by exactly gamma in every round, so that x stays on a grid and
 *   |x - x*| is of the order of gamma sqrt(d).
 *   Elsewhere it may stall or diverge: where most workers lie on one side of x*, or the noise is skewed, the vote is that of the
 *   median, not of the mean. Three workers with f_i = (x - a_i)^2/2, a = (-1, -1, 2): x* = 0, the vote goes to -1.
 * Uplink: d bits with raw-sign, the default; any compressor with a sign plane will do (stochastic-sign: d bits and a norm that
 *   nobody reads). Downlink: x^0, then the vote, d bits.
 * State: x at all nodes (tracked.ts), the vote that was not sent yet at the server.
 * Source: Bernstein et al., signSGD, arXiv 1802.04434, Algorithm 1; majority vote: arXiv 1810.05291.
 */
import { createMajorityVote } from "../aggregators/majority-vote.ts";
import { rawSign } from "../compressors/raw-sign.ts";
import type { Compressor, Method, NodeEnv, Resolved } from "../core/contracts.ts";
import { GAMMA, plannedRounds, stepSize } from "./common.ts";
import { TrackedModel, TrackedServer, tapped } from "./tracked.ts";

const voteCodec = (env: NodeEnv): Compressor => {
  const { ops, dim, n, state } = env;
  return rawSign.create({}, { ops, dim, worker: 0, workers: n, state, create: () => voteCodec(env) });
};

export const signsgdMajority: Method<Resolved> = {
  name: "signsgd-majority",
  summary: "signs up, their majority down: every coordinate moves by gamma in every round",
  reference: "Bernstein et al., arXiv 1802.04434; arXiv 1810.05291",
  promise: "may diverge",
  needs: { compressors: { gradient: "any" }, defaults: { gradient: "raw-sign" }, oracle: "gradient" },
  options: { gamma: GAMMA, K: "planned rounds, for theory's step size: an integer >= 1; default 1000" },

  resolve({ gamma, K }, { dim, L }) {
    const rounds = plannedRounds("signsgd-majority", K);
    return stepSize("signsgd-majority", gamma, `1/sqrt(d L K), K = ${rounds}`, () => 1 / Math.sqrt(dim * L * rounds));
  },

  worker(env, { gamma }) {
    const { ops, dim, oracle, codecs } = env;
    const model = new TrackedModel(env, voteCodec(env), -gamma);
    const g = ops.vec(dim);
    return {
      reply(turn, down, up) {
        oracle.gradient(model.read(turn, down), g);
        up.put(codecs.gradient!, g);
      },
      join: (down) => model.join(down),
    };
  },

  server(env, { gamma }) {
    const { ops, dim, n, codecs } = env;
    const tracked = new TrackedServer(env, voteCodec(env), -gamma);
    const vote = createMajorityVote({ ops, dim, workers: n });
    const votes = codecs.map(({ gradient }) => tapped(gradient!, (payload) => vote.add(gradient!, payload)));
    return {
      x: tracked.x,
      open(turn, down) {
        vote.begin();
        tracked.open(turn, down);
      },
      receive: (_turn, worker, up) => up.addTo(votes[worker]!, 1, tracked.x),
      close() {
        vote.plane(tracked.payload);
        tracked.step(tracked.payload.length);
        return true;
      },
      welcome: (_worker, down) => tracked.welcome(down),
    };
  },
};
