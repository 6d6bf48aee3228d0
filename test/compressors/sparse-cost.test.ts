/** addTo of sparse payloads costs in proportion to their entries: counted in kernel calls, not timed. */
import { expect, test } from "vitest";
import { Bytes } from "../../bindings/arena.ts";
import { loadKernels } from "../../bindings/load.ts";
import { Ops } from "../../bindings/ops.ts";
import { Rng } from "../../src/core/rng.ts";
import { create } from "./bench.ts";

const D = 100_000;
type Call = readonly [name: string, n: unknown];
/** Calls on vectors of more than 100 entries: kernels of an element type have the length first. Others read index bytes. */
const wide = (calls: readonly Call[]): Call[] => calls.filter(([name, n]) => name.endsWith("_f64") && Number(n) > 100);

test.each(["rand-k:k=100", "biased-rand-k:k=100", "rand-seq-k:k=100", "top-k:k=100", "top-lek:k=100"])(
  "%s of 10^5: no kernel is called for more than k entries",
  (spec) => {
    const calls: Call[] = [];
    const kernels = loadKernels("wasm");
    const spied = new Proxy(kernels, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name);
        if (typeof own !== "function") return own;
        return (...args: unknown[]) => {
          calls.push([String(name), args[0]]);
          return Reflect.apply(own, target, args) as unknown;
        };
      },
    });
    const ops = new Ops(spied, "f64");
    const compressor = create(ops, spec, D, new Float64Array(0));
    const [x, acc] = [ops.vec(D), ops.vec(D)];
    for (let i = 0; i < D; ++i) x.view[i] = Math.sin(i * i);
    const out = ops.bytes(compressor.maxBytes);
    const payload = new Bytes(ops.arena, out.ptr, compressor.encode(x, new Rng(ops, 1n, 0), out));
    expect(wide(calls).some(([, n]) => n === D)).toBe(true); // the spy sees what encode does
    calls.length = 0;
    compressor.addTo(payload, 1, acc);
    expect(calls.length).toBeGreaterThan(0);
    expect(wide(calls)).toEqual([]);
    expect(calls.length).toBeLessThan(10);
    expect(acc.view.filter((v) => v !== 0).length).toBeLessThanOrEqual(100);
  },
);
