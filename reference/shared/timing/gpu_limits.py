"""A GPU's three limits, measured: multiply-adds in float32, products on tensor cores, bytes from and to memory.

The lines of the roofline (Williams, Waterman, Patterson, CACM 2009). Each is the fastest of several runs: a limit is
what the GPU can do, and noise only ever makes a run slower.
"""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.shared import gpu
from reference.shared.timing.gpu_stopwatch import Clock

backend = gpu.select()
cuda = backend.cuda

RUNS = 15
CHAINS, REPEATED = 8, 16  # independent sums of a thread, and multiply-adds of each in one pass
FLOP_A_PASS = 2 * CHAINS * REPEATED
THREADS, BLOCKS_AN_SM, PASSES = (256, 8, 2000) if backend.has_gpu else (4, 1, 2)
COPIED_BYTES = 2**30  # far more than any L2 cache holds
TENSOR_SIDE = 8192


@cuda.jit
def multiply_adds(out, passes, factor):
    """out[thread] = a sum that needed FLOP_A_PASS * passes operations, all of them in registers."""
    thread = cuda.grid(1)
    a = b = c = d = e = f = g = h = factor * np.float32(thread)
    b += factor  # all chains differ, or the compiler would make one of two
    c -= factor
    d *= factor
    e += b
    f += c
    g += d
    h -= d
    for _ in range(passes):
        for _ in range(REPEATED):
            a = a * factor + factor
            b = b * factor + factor
            c = c * factor + factor
            d = d * factor + factor
            e = e * factor + factor
            f = f * factor + factor
            g = g * factor + factor
            h = h * factor + factor
    out[thread] = a + b + c + d + e + f + g + h


def fp32_peak(clock: Clock, sms: int) -> float:
    """FLOP/s of multiply-adds in float32, without tensor cores. A multiply-add counts as 2 FLOP.

    sms: multiprocessors of the GPU. Each of the 2048 threads of an SM holds 8 independent sums, which hides the
    latency of the unit, and touches no memory but one number at the end.
    """
    import torch

    threads = sms * BLOCKS_AN_SM * THREADS
    out = torch.empty(threads, device=backend.device)

    def job() -> None:
        gpu.launch(multiply_adds, sms * BLOCKS_AN_SM, THREADS, out, PASSES, np.float32(0.5))

    return threads * PASSES * FLOP_A_PASS / fastest(job, clock)


def tensor_peak(clock: Clock, dtype: Any) -> float:
    """FLOP/s of cuBLAS in the product of two square matrices of `dtype` (a torch dtype) with side 8192.

    A real product, with random numbers: what zeros need less power for, and so run faster, is no limit.
    """
    import torch

    a, b = (torch.randn(TENSOR_SIDE, TENSOR_SIDE, device=backend.device, dtype=dtype) for _ in range(2))
    out = torch.empty_like(a)
    return 2 * TENSOR_SIDE**3 / fastest(lambda: torch.matmul(a, b, out=out), clock)


def memory_bandwidth(clock: Clock) -> float:
    """Bytes/s of a copy of 1 GiB within the GPU's memory: read and written both count, so 2 GiB."""
    import torch

    source = torch.randn(COPIED_BYTES // 4, device=backend.device)
    target = torch.empty_like(source)
    return 2 * COPIED_BYTES / fastest(lambda: target.copy_(source), clock)


def fastest(job: Callable[[], Any], clock: Clock) -> float:
    """Seconds of the fastest of RUNS calls, after one that does not count."""
    clock.seconds(job)
    return min(clock.seconds(job) for _ in range(RUNS))
