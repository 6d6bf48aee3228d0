"""The benchmark's work in NumPy, one thread. Prints {"version", "ns": {operation: nanoseconds an element}}.

Usage: numpy_peer.py LOG2_OF_D SECONDS_PER_OPERATION
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json
import sys
import time

import numpy as np


def median_time(run, seconds):
    run()
    samples = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or len(samples) < 3:
        before = time.perf_counter()
        run()
        samples.append(time.perf_counter() - before)
    return sorted(samples)[len(samples) // 2]


def main():
    n = 1 << int(sys.argv[1])
    seconds = float(sys.argv[2])
    k = max(1, round(n / 100))
    random = np.random.Generator(np.random.SFC64(1))
    x = random.standard_normal(n, dtype=np.float32)
    y = random.standard_normal(n, dtype=np.float32)
    bits = x.view(np.uint32)
    a = np.float32(1e-9)

    def top_k():
        indices = np.argpartition(np.abs(x), n - k)[n - k :]
        indices.sort()
        return indices.astype(np.uint32), x[indices]

    def axpy():
        np.add(y, a * x, out=y)

    def dither():
        norm = np.float32(np.sqrt(np.dot(x, x)))
        level = np.floor(np.abs(x) * (np.float32(7) / norm) + random.random(n, dtype=np.float32)).astype(np.uint8)
        code = (level << 1) | ((x < 0) & (level > 0))
        return norm, code[0::2] | (code[1::2] << 4)

    def natural():
        rounded = (bits & 0x7FFFFFFF) + random.integers(0, 1 << 23, n, dtype=np.uint32)
        exponent = np.minimum(rounded >> 23, 254).astype(np.uint8)
        return np.packbits((x < 0) & (exponent > 0)), exponent

    work = {
        "sum": lambda: np.sum(x),
        "axpy": axpy,
        "sign bits": lambda: np.packbits(x < 0),
        "sign + norm": lambda: (np.abs(x).sum(), np.packbits(x < 0)),
        "top-k 1 %": top_k,
        "dithering s=7": dither,
        "natural": natural,
    }
    ns = {name: median_time(run, seconds) * 1e9 / n for name, run in work.items()}
    print(json.dumps({"version": np.__version__, "ns": ns}))


main()
