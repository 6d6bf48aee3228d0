/**
 * Ridge regression: f_i(x) = (w_i/2) |A_i x - y_i|^2 + lambda/2 |x|^2.
 * Weights: scale "mean" w_i = 1/m_i (m_i rows); scale "sum" w_i = n, so that f = 1/2 |Ax - y|^2 + lambda/2 |x|^2.
 * Constants: L_i = w_i sigma_max(A_i)^2 + lambda; L and mu from the ends of the spectrum of f's Hessian. Exact for
 *   d <= 2048; beyond, mu = lambda.
 * Source: Shulgin and Richtarik, Shifted Compression Framework, section 4 ("sum").
 */

import { type ProblemFactory, readChoice } from "./factory.ts";
import type { RowLoss } from "./rows.ts";
import { RowsOracle, type RowsShard } from "./rows.ts";
import { RowsProblem, rowsMatrix, rowsOptions } from "./rows-problem.ts";

const loss: RowLoss = {
  curvatureBound: 1,
  slope(kernels, n, weight, labels, z) {
    kernels.sub(n, z, labels, z);
    kernels.scale(n, weight, z);
  },
  curvature(kernels, n, weight, z) {
    kernels.fill(n, weight, z);
  },
  sum: (kernels, n, labels, z) => kernels.distance2(n, z, labels) / 2,
};

export const ridge: ProblemFactory<RowsShard> = {
  name: "ridge",
  summary: "least squares with a regulariser: f_i = w_i/2 |A_i x - y_i|^2 + lambda/2 |x|^2",
  data: true,
  options: {
    ...rowsOptions,
    scale: "mean (default): w_i = 1/m_i; sum: w_i = n, so that f = 1/2 |Ax - y|^2 + lambda/2 |x|^2",
  },
  readings: { unscaled: "L_i of 1/2 |A_i x - y_i|^2: without the weight w_i and without lambda" },
  create(spec, context) {
    const scale = readChoice("ridge", spec, "scale", ["mean", "sum"]);
    const weight = scale === "mean" ? (rows: number) => 1 / rows : () => context.workers;
    return new RowsProblem({ factory: ridge, loss, weight, curved: true }, spec, context);
  },
  oracle: (shard, ops) => new RowsOracle(ops, loss, shard),
  matrix: (shard) => rowsMatrix(loss, shard),
};
