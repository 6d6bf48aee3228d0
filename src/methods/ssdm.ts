/**
 * SSDM, stochastic sign descent with momentum: workers send random signs whose mean is their normalised momentum.
 *
 *   m_i <- beta m_i + (1 - beta) ^g_i (m_i = ^g_i at first);  s_ij = +1 with probability 1/2 + m_ij/(2|m_i|), else -1
 *   x <- x - (gamma/n) sum s_i
 *
 * Assumptions: f L-smooth, ^g_i unbiased with variance sigma^2; nothing is asked of the noise's sign.
 * Step sizes: beta = 1 - K^(-1/2), gamma = K^(-3/4) for K planned rounds (times the length that x may need: {"theory": length}).
 * Promise: (1/K) sum E|grad f(x^k)| <= (f(x^0) - f*)/(gamma K) + L gamma d/2
 *     + 2 (L gamma sqrt(d) beta/(1 - beta) + sigma sqrt((1 - beta)/(1 + beta)) + sigma/(K(1 - beta)) + zeta),
 *   zeta = max_k mean|grad f_i(x^k) - grad f(x^k)|: O(K^(-1/4)) where the workers' f_i are alike; where they differ it stalls.
 *   Outline: E s_i = m_i/|m_i| and <grad f, m_i/|m_i|> >= |grad f| - 2|e_i|, e_i = m_i - grad f(x); |mean s_i|^2 <= d.
 *   e_i^k = beta e_i^{k-1} + beta (grad f(x^{k-1}) - grad f(x^k)) + (1 - beta)(^g_i - grad f(x^k)), and a step is at most gamma sqrt(d) long.
 *   With fixed beta and gamma it ends in a neighbourhood.
 * Uplink: d bits with raw-stochastic-sign, the default; any compressor with a sign plane will do. Downlink: x^0, then the sum, which
 *   has n + 1 values: d ceil(lg(n + 1)) bits as bit planes (16 more where workers did not answer: the mean is over those who did).
 * State: m_i and x at worker i (tracked.ts), x at the server.
 * Source: Safaryan and Richtarik, Stochastic Sign Descent Methods, arXiv 1905.12938, Algorithm 3; constants derived here.
 */
import { SignCounter } from "../aggregators/sign-counter.ts";
import { requirePadding } from "../compressors/common.ts";
import type { Bytes, Compressor, Method, NodeEnv, Resolved } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { GAMMA, inRange, plannedRounds, stepSize } from "./common.ts";
import { TrackedModel, TrackedServer, tapped } from "./tracked.ts";

export interface SsdmOptions extends Resolved {
  beta: number;
}

export const ssdm: Method<SsdmOptions> = {
  name: "ssdm",
  summary: "random signs of momentum up, their sum down",
  reference: "Safaryan and Richtarik, arXiv 1905.12938, Algorithm 3",
  promise: "sublinear",
  needs: { compressors: { gradient: "any" }, defaults: { gradient: "raw-stochastic-sign" }, oracle: "gradient" },
  options: {
    gamma: GAMMA,
    beta: "momentum, in (0, 1); default 1 - K^(-1/2)",
    K: "planned rounds, for theory's step size and momentum: an integer >= 1; default 1000",
  },

  resolve({ gamma, beta, K }) {
    const rounds = plannedRounds("ssdm", K);
    return {
      ...stepSize("ssdm", gamma, `K^(-3/4), K = ${rounds}`, () => rounds ** -0.75),
      beta: inRange("ssdm: beta", beta, Math.max(1e-9, 1 - rounds ** -0.5), 0, 1 - 1e-9),
    };
  },

  worker(env, { gamma, beta }) {
    const { ops, dim, oracle, codecs, state } = env;
    const model = new TrackedModel(env, countsCodec(env), -gamma);
    const m = state.vec("m");
    const begun = state.scalar("m is begun");
    const g = ops.vec(dim);
    return {
      reply(turn, down, up) {
        oracle.gradient(model.read(turn, down), g);
        if (begun.value === 1) ops.combine(beta, m, 1 - beta, g, g);
        up.put(codecs.gradient!, g);
      },
      settle(_turn, applied) {
        if (!applied) return;
        ops.copy(g, m);
        begun.value = 1;
      },
      join: (down) => model.join(down),
    };
  },

  server(env, { gamma }) {
    const { ops, dim, n, codecs } = env;
    const tracked = new TrackedServer(env, countsCodec(env), -gamma);
    const counter = new SignCounter("ssdm", { ops, dim, workers: n });
    const signs = codecs.map(({ gradient }) => tapped(gradient!, (payload) => counter.add(gradient!, payload)));
    const full = counter.depth * counter.planeBytes;
    return {
      x: tracked.x,
      open(turn, down) {
        counter.begin();
        tracked.open(turn, down);
      },
      receive: (_turn, worker, up) => up.addTo(signs[worker]!, 1, tracked.x),
      close() {
        const { payload } = tracked;
        counter.planes(payload.ptr);
        if (counter.count < n) ops.arena.data.setUint16(payload.ptr + full, counter.count, true);
        tracked.step(counter.count < n ? full + 2 : full);
        return true;
      },
      welcome: (_worker, down) => tracked.welcome(down),
    };
  },
};

/**
 * The mean of the signs of m <= n workers. Payload: the bits of how many said minus as ceil(lg(n + 1)) planes of ceil(d/8)
 * bytes, lowest first | m (u16) where it is not n.
 */
function countsCodec({ ops, dim, n }: NodeEnv): Compressor {
  if (n > 65535) throw new RangeError(`ssdm: at most 65535 workers, got ${n}`);
  const { typed, arena } = ops;
  const depth = 32 - Math.clz32(n);
  const planeBytes = (dim + 7) >>> 3;
  const full = depth * planeBytes;
  const sum = ops.vec(dim);
  /** Fills `sum` and returns m. */
  const read = (payload: Bytes): number => {
    if (payload.length !== full && payload.length !== full + 2) {
      throw new WireError("truncated", `ssdm: a sum of signs has ${full} or ${full + 2} bytes, got ${payload.length}`);
    }
    const m = payload.length === full ? n : arena.data.getUint16(payload.ptr + full, true);
    if (m < 1 || m > n) throw new WireError("value", `ssdm: workers must be in 1..${n}, got ${m}`);
    ops.fill(m + 1 - 2 ** depth, sum); // m - 2 c = m - sum 2^b + sum 2^b (1 - 2 c_b)
    for (let b = 0; b < depth; ++b) {
      const at = payload.ptr + b * planeBytes;
      requirePadding("ssdm", arena, at, dim);
      typed.signAdd(dim, 2 ** b, at, sum.ptr);
    }
    if (ops.normMax(sum) > m)
      throw new WireError("value", `ssdm: an entry counts more signs than the ${m} workers sent`);
    return m;
  };
  return {
    spec: "ssdm",
    dim,
    constants: {},
    maxBytes: full + 2,
    encode() {
      throw new TypeError("ssdm: sums of signs are counted, not encoded");
    },
    check: (payload) => void read(payload),
    addTo(payload, scale, acc) {
      const m = read(payload);
      ops.axpy(scale / m, sum, acc);
    },
  };
}
