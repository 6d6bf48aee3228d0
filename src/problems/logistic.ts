/**
 * Logistic regression: f_i(x) = mean over the worker's rows of log(1 + exp(-y a.x)) + lambda/2 |x|^2, y in {-1, +1}.
 * Labels: two values; the larger becomes +1.
 * Constants: L_i = sigma_max(A_i)^2 / (4 m_i) + lambda; L likewise over all rows with weights 1/(n m_i); mu = lambda.
 * Source: the experiments of Gorbunov et al., arXiv 2010.12292; |sigma'| <= 1/4.
 */
import { binaryLabels, type Data } from "../data/matrix.ts";
import type { ProblemFactory } from "./factory.ts";
import { type RowLoss, RowsOracle, type RowsShard } from "./rows.ts";
import { RowsProblem, rowsMatrix, rowsOptions } from "./rows-problem.ts";

export const logisticLoss: RowLoss = {
  curvatureBound: 0.25,
  slope: (kernels, n, weight, labels, z) => kernels.logisticSlope(n, weight, labels, z),
  curvature: (kernels, n, weight, z) => kernels.logisticCurvature(n, weight, z),
  sum: (kernels, n, labels, z) => kernels.logisticLoss(n, labels, z),
};

export const logistic: ProblemFactory<RowsShard> = {
  name: "logistic",
  summary: "logistic regression with a regulariser: f_i = mean log(1 + exp(-y a.x)) + lambda/2 |x|^2",
  data: true,
  options: rowsOptions,
  readings: {},
  create(spec, context) {
    const weight = (rows: number) => 1 / rows;
    return new RowsProblem(
      { factory: logistic, loss: logisticLoss, weight, curved: false, labels: logisticLabels },
      spec,
      context,
    );
  },
  oracle: (shard, ops) => new RowsOracle(ops, logisticLoss, shard),
  matrix: (shard) => rowsMatrix(logisticLoss, shard),
};

export const logisticLabels = (data: Data): Data =>
  data.labels.every((y) => y === 1 || y === -1) ? data : binaryLabels(data);
