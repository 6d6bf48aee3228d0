"""The benchmark's work in PyTorch, one thread. Prints {"version", "ns": {operation: nanoseconds an element}}.

Usage: torch_peer.py LOG2_OF_D SECONDS_PER_OPERATION
"""
import json
import sys
import time

import torch


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
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x = torch.randn(n)
    y = torch.randn(n)
    bits = x.view(torch.int32)
    places = torch.tensor([1, 2, 4, 8, 16, 32, 64, 128], dtype=torch.uint8)

    def pack(mask):
        return (mask.view(-1, 8).to(torch.uint8) * places).sum(1, dtype=torch.uint8)

    def top_k():
        _, indices = torch.topk(x.abs(), k, sorted=False)
        return indices, x[indices]

    def dither():
        norm = torch.linalg.vector_norm(x)
        level = torch.floor(x.abs() * (7 / norm) + torch.rand(n)).to(torch.uint8)
        code = (level << 1) | ((x < 0) & (level > 0))
        return norm, code[0::2] | (code[1::2] << 4)

    def natural():
        rounded = (bits & 0x7FFFFFFF) + torch.randint(0, 1 << 23, (n,), dtype=torch.int32)
        exponent = torch.clamp(rounded >> 23, max=254).to(torch.uint8)
        return pack((x < 0) & (exponent > 0)), exponent

    work = {
        "sum": lambda: torch.sum(x),
        "axpy": lambda: y.add_(x, alpha=1e-9),
        "sign bits": lambda: pack(x < 0),
        "sign + norm": lambda: (x.abs().sum(), pack(x < 0)),
        "topk alone": lambda: torch.topk(x.abs(), k, sorted=False),
        "top-k 1 %": top_k,
        "dithering s=7": dither,
        "natural": natural,
    }
    with torch.no_grad():
        ns = {name: median_time(run, seconds) * 1e9 / n for name, run in work.items()}
    print(json.dumps({"version": torch.__version__, "ns": ns}))


main()
