"""Compare numba-cuda's own simulator with ours on one kernel: the gain of the scheduler.

    python -m reference.benchmarks.matmul_gpu.stock naive 16 7      # rung, side of the matrices, rounds: JSON

It needs a process of its own: `gpu.select` replaces the simulator's scheduler for good, so this keeps the first one
before it selects. The stock simulator starts a thread of the operating system for each thread of a block.
"""

# pyright: reportPrivateImportUsage=false

from __future__ import annotations

import json
import sys
import time
from functools import partial
from typing import Any

from reference.shared.timing.rotation import in_rotation


def schedulers() -> dict[str, tuple[Any, Any]]:
    """Name -> what makes the scheduler: the method that launches a kernel, and the threads that it uses."""
    import numba.core.config

    config: Any = numba.core.config
    config.ENABLE_CUDASIM = 1
    from numba.cuda.simulator import kernel, kernelapi

    from reference.shared import gpu

    stock = kernel.FakeCUDAKernel.__call__, kernelapi.threading
    gpu.select(simulate=True)
    return {"stock": stock, "ours": (kernel.FakeCUDAKernel.__call__, kernelapi.threading)}


def use(scheduler: tuple[Any, Any]) -> None:
    """Give the simulator of this process a scheduler."""
    from numba.cuda.simulator import kernel, kernelapi

    kernel.FakeCUDAKernel.__call__, kernelapi.threading = scheduler


def measure(rung: str, side: int, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each run of the stock simulator and of ours, in turns; both must give the product.

    Both keep one core busy. Seconds of the wall clock would also count other work of the machine.
    """
    import numpy as np

    choices = schedulers()
    from reference.matmul_gpu.direct import coalesced, naive
    from reference.matmul_gpu.tiled import shared_tiled

    function = {"naive": naive, "coalesced": coalesced, "shared_tiled": shared_tiled}[rung]
    rng = np.random.default_rng(0)
    a, b = (rng.random((side, side), np.float32) for _ in range(2))

    def cpu_seconds(scheduler: tuple[Any, Any]) -> float:
        use(scheduler)
        start = time.process_time()
        c = function(a, b)
        taken = time.process_time() - start
        np.testing.assert_allclose(c, a @ b, rtol=1e-4)
        return taken

    found = in_rotation(
        {name: partial(cpu_seconds, each) for name, each in choices.items()}, range(rounds + 1)
    )
    return {name: seconds[1:] for name, seconds in found.items()}  # the first round warms up


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
