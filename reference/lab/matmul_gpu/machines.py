"""Lab 02's two machines: the simulators, which the notebook draws from, and the GPU, if there is one, which it times.

The notebook selects the simulators also where there is a GPU, `gpu.select(simulate=True)`: only they can draw which
thread reads what. `measure` runs the student's functions in another process, on the GPU.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

from reference.lab.matmul_gpu.rates import FILES
from reference.shared import gpu
from reference.shared.gpu.detect import obstacle
from reference.shared.plots.tables import Table

SIZE = 2048  # of the matrices: large enough to fill any of the GPUs


def describe() -> str:
    """One line: what runs the kernels of the notebook, and what will time them."""
    if obstacle() is not None:
        return gpu.select(simulate=True).describe()
    return "The pictures of this notebook come from the simulators; at its end your kernels run on the GPU."


def measure(names: Iterable[str] = FILES, size: int = SIZE) -> Table | None:
    """Time functions of the desk beside torch's product, in float32, size x size, on the GPU of this machine.

    Returns a table of TFLOP/s and the share of torch's; without a usable GPU it says so, and returns None. Raises
    ValueError for an unknown name, RuntimeError with the last line of the other process where that failed.
    """
    unknown = sorted(set(names) - set(FILES))
    if unknown:
        raise ValueError(f"measure: expected some of {', '.join(FILES)}, got {', '.join(unknown)}")
    if obstacle() is not None:
        print("No GPU that kernels could use here (./mlsys doctor says more): nothing was timed.")
        return None
    command = [sys.executable, "-m", "reference.lab.matmul_gpu.rates", str(size), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RuntimeError(f"measure: the kernels did not run on the GPU: {said}")
    rates = json.loads(done.stdout.strip().splitlines()[-1])
    rows = [(name, f"{rate / 1e12:.2f}", f"{rate / rates['torch']:.0%}") for name, rate in rates.items()]
    return Table(
        ("kernel", "TFLOP/s", "of torch"), tuple(rows), f"float32, {size} x {size}, medians, in turns."
    )
