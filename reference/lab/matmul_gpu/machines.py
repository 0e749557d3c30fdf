"""The two machines of lab 02: the simulators for the pictures, and the GPU, if there is one, for times.

The notebook uses the simulators even if there is a GPU, `gpu.select(simulate=True)`: only they record which
thread reads which element. `measure` runs the student's functions in another process, on the GPU.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

from reference.lab.matmul_gpu.rates import FILES
from reference.shared.gpu.detect import obstacle
from reference.shared.plots.tables import Table

SIZE = 2048  # of the matrices: large enough to fill any of the GPUs


def describe() -> str:
    """Say in two lines what runs the kernels of the notebook, and what will time them."""
    if obstacle() is not None:
        return (
            "No usable GPU: your kernels run on simulators, which\nrecord every access and measure no time."
        )
    return "Simulators draw the pictures of this notebook.\nAt its end your kernels run on the GPU."


def measure(names: Iterable[str] = FILES, size: int = SIZE) -> Table | None:
    """Time functions of the desk beside torch's product, in float32, size x size, on the GPU of this machine.

    Returns a table of TFLOP/s and the share of torch's rate. Without a usable GPU it says so, and returns
    None. Raises ValueError for an unknown name, and RuntimeError with the last line of the other process if
    that failed.
    """
    unknown = sorted(set(names) - set(FILES))
    if unknown:
        raise ValueError(f"measure: expected some of {', '.join(FILES)}, got {', '.join(unknown)}")
    if obstacle() is not None:
        print("No usable GPU here, so nothing was timed. ./mlsys doctor says why.")
        return None
    command = [sys.executable, "-m", "reference.lab.matmul_gpu.rates", str(size), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise RuntimeError(f"measure: the kernels did not run on the GPU: {said}")
    rates = json.loads(done.stdout.strip().splitlines()[-1])
    rows = [(name, f"{rate / 1e12:.2f}", f"{rate / rates['torch']:.0%}") for name, rate in rates.items()]
    return Table(
        ("kernel", "TFLOP/s", "of torch"),
        tuple(rows),
        f"float32, {size} × {size}; medians of interleaved runs.",
    )
