/** Singular values of small matrices by another road than the library's: eigenvalues of the Gram matrix. */

/** The most square shape of d, rows <= cols. */
export function shapeOf(d: number): [rows: number, cols: number] {
  let m = Math.floor(Math.sqrt(d));
  while (m > 1 && d % m !== 0) --m;
  return [m, d / Math.max(1, m)];
}

/** Squares of the singular values, descending, of x as a matrix of the most square shape: cyclic two-sided Jacobi on M M^T. */
export function spectrum(x: ArrayLike<number>): number[] {
  const [m, n] = shapeOf(x.length);
  const a = Array.from({ length: m }, (_, i) =>
    Array.from({ length: m }, (_, k) => {
      let sum = 0;
      for (let j = 0; j < n; ++j) sum += x[i * n + j]! * x[k * n + j]!;
      return sum;
    }),
  );
  for (let sweep = 0; sweep < 40; ++sweep) {
    for (let p = 0; p < m; ++p) {
      for (let q = p + 1; q < m; ++q) {
        if (a[p]![q] === 0) continue;
        const theta = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!);
        const [c, s] = [Math.cos(theta), Math.sin(theta)];
        for (let i = 0; i < m; ++i) {
          const [y, z] = [a[i]![p]!, a[i]![q]!];
          a[i]![p] = c * y - s * z;
          a[i]![q] = s * y + c * z;
        }
        for (let i = 0; i < m; ++i) {
          const [y, z] = [a[p]![i]!, a[q]![i]!];
          a[p]![i] = c * y - s * z;
          a[q]![i] = s * y + c * z;
        }
      }
    }
  }
  return a.map((row, i) => Math.max(0, row[i]!)).sort((s, t) => t - s);
}

/** A matrix whose singular values are all 1. */
export const orthonormal = (d: number): number[] => {
  const [, n] = shapeOf(d);
  return Array.from({ length: d }, (_, i) => (i % (n + 1) === 0 && Math.floor(i / n) === i % n ? 1 : 0));
};

export const total = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0);
