"""numba-cuda's simulator as it comes, beside ours, on one kernel: the gain of the scheduler.

    python -m reference.benchmarks.matmul_gpu.stock naive 16 7      # rung, side of the matrices, rounds: JSON

In a process of its own, because there is no way back from `install` but to have kept what it replaces. The stock
simulator starts a thread of the operating system for each thread of a block.
"""

# pyright: reportPrivateImportUsage=false

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
os.environ["MLSYS_GPU"] = "0"

# Before reference.shared.gpu.backend, which replaces them.
from numba.cuda.simulator import kernel, kernelapi

STOCK = (kernel.FakeCUDAKernel.__call__, kernelapi.threading)

from reference.matmul_gpu.direct import coalesced, naive  # noqa: E402
from reference.matmul_gpu.tiled import shared_tiled  # noqa: E402

OURS = (kernel.FakeCUDAKernel.__call__, kernelapi.threading)
RUNGS = {"naive": naive, "coalesced": coalesced, "shared_tiled": shared_tiled}


def use(scheduler: tuple[Any, Any]) -> None:
    kernel.FakeCUDAKernel.__call__, kernelapi.threading = scheduler


def measure(rung: str, side: int, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each run of the stock simulator and of ours, in turns; both must give the product.

    Both keep one core busy. Seconds of the wall clock would also count what else the machine does meanwhile.
    """
    import numpy as np

    function, rng = RUNGS[rung], np.random.default_rng(0)
    a, b = (rng.random((side, side), np.float32) for _ in range(2))
    seconds: dict[str, list[float]] = {"stock": [], "ours": []}
    for turn in range(rounds + 1):
        for name, scheduler in (("stock", STOCK), ("ours", OURS)):
            use(scheduler)
            start = time.process_time()
            c = function(a, b)
            if turn:  # the first round warms up
                seconds[name].append(time.process_time() - start)
            np.testing.assert_allclose(c, a @ b, rtol=1e-4)
    return seconds


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
