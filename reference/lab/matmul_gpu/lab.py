"""The steps of lab 02, one call per cell: run your kernels on the simulators, count their accesses, and draw them.

The notebook imports this module. It selects the simulators even if there is a GPU, because only they record which
thread reads which element.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reference.lab.matmul_gpu import memory_drawings
from reference.lab.matmul_gpu.charts import occupancy_chart, tile_intensity
from reference.lab.matmul_gpu.flash_drawings import memory_over_length, tile_loop
from reference.lab.matmul_gpu.kernel_drawings import reads_and_writes
from reference.lab.matmul_gpu.machines import describe, measure
from reference.lab.matmul_gpu.puzzle_examples import example
from reference.lab.matmul_gpu.tile_drawings import buffers, tile_walk
from reference.shared import gpu
from reference.shared.gpu.datasheets import GPUS
from reference.shared.plots.charts import sweep
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import Table
from reference.shared.predictions import Prediction, keep_prediction
from reference.shared.simulators.scheduler import Order, watch

__all__ = [
    "GPUS", "bank_conflicts", "buffers", "causal_reads", "cuda", "describe", "gpu_table", "measure",
    "memory_over_length", "occupancy_chart", "predict", "puzzle", "softmax_traffic", "three_orders", "tile_intensity",
    "tile_loop", "tile_orders", "tile_walk",
]  # fmt: skip

cuda = gpu.select(simulate=True).cuda
PUZZLES = ("puzzles_maps", "puzzles_shared", "puzzles_scans")  # files of the desk
STEPS = ("coalesced", "shared_tiled", "register_tiled", "vectorized", "triton_matmul")
BLIND: dict[str, float] = dict.fromkeys(STEPS, 2)
ORDERS: tuple[Order, ...] = ("forward", "backward", 5)
_rng = np.random.default_rng(2)


def gpu_table() -> Table:
    """Return the datasheets of the course's GPUs, with the ridge of each."""
    columns = ("fp32, TFLOP/s", "fp16 on tensor cores, TFLOP/s", "memory, GB/s", "memory, GB")
    rows = []
    for each in GPUS.values():
        rates = f"{each.fp32 / 1e12:.1f}", f"{each.fp16 / 1e12:.0f}"
        sizes = f"{each.bandwidth / 1e9:.0f}", f"{each.memory / 1e9:.0f}", f"{each.sms}"
        rows.append((each.name, *rates, *sizes, f"{each.ridge('fp32'):.0f}", f"{each.ridge('fp16'):.0f}"))
    return Table(("GPU", *columns, "SMs", "ridge, fp32", "ridge, fp16"), tuple(rows))


def predict(guesses: Mapping[str, float]) -> Prediction:
    """Keep the first guesses in predictions.json, and return them; the course's own are not kept."""
    return keep_prediction("02_matmul_gpu", guesses, blind=BLIND)


def puzzle(name: str) -> Picture:
    """Run your kernel of the puzzle `name` on a small example, and draw the elements that each thread accesses.

    Raises ValueError for an unknown puzzle, and AttributeError if no file of the desk has its kernel.
    """
    kernel, grid, block, out, args = example(name, _rng)
    files = [importlib.import_module(file) for file in PUZZLES]
    function = next((getattr(file, kernel) for file in files if hasattr(file, kernel)), None)
    if function is None:
        raise AttributeError(
            f"puzzle: expected {kernel} in {', '.join(PUZZLES)}; keep the name of the kernel"
        )
    with watch() as trace:
        gpu.launch(function, grid, block, out, *args)
    return reads_and_writes(trace)


def three_orders(kernel: Any) -> Table:
    """Run kernel(out, a) on one block of 8 threads in three orders; a = 0, 1, ..., 7. Show each result."""
    from IPython.display import display

    a, rows, traces = np.arange(8, dtype=np.float32), [], []
    for order in ORDERS:
        out = gpu.empty(8, a)
        with watch(order) as trace:
            gpu.launch(kernel, 1, 8, out, a)
        ran = " ".join(str(use.thread) for use in trace.of("a")[0].accesses)
        rows.append((ran, *("?" if np.isnan(value) else f"{value:g}" for value in out)))
        traces.append(trace)
    display(reads_and_writes(traces[-1]))
    header = ("threads run in this order", *(f"out[{i}]" for i in range(8)))
    return Table(header, tuple(rows), next(iter(traces[-1].faults()), "No faults."))


def bank_conflicts(kernel: Any, tiles: Mapping[str, str]) -> Picture:
    """Run kernel(out, a) on one warp, and draw the banks of its reads; tiles: shared array of the kernel -> title."""
    a = _rng.random((32, 32), dtype=np.float32)
    with watch() as trace:
        gpu.launch(kernel, 1, 32, gpu.empty(32, a), a)
    requests = {title: memory_drawings.request_of(trace, array) for array, title in tiles.items()}
    return memory_drawings.bank_conflicts(requests)


def tile_orders(yours: Any, *, side: int = 16, programs: int = 32) -> Picture:
    """Draw the first tiles of your order beside the order row by row. yours: (row, column) of each program's tile."""
    rows: Sequence[tuple[int, int]] = [divmod(number, side) for number in range(side * side)]
    orders = {"row by row": rows, "yours": [(int(row), int(column)) for row, column in yours]}
    return memory_drawings.tile_orders(orders, tiles_m=side, tiles_n=side, programs=programs)


def softmax_traffic(softmax: Callable[[Any], Any], rows: int = 64, columns: int = 96) -> Table:
    """Run softmax(x) in Triton's interpreter, and count how often the matrix moves, in reads and in writes."""
    import torch

    from reference.shared.simulators.triton_watch import watch_triton

    x = torch.randn(rows, columns)
    with watch_triton() as log:
        y = softmax(x)
    size = 4 * x.numel()
    error = float((y - torch.softmax(x, 1)).abs().max())
    row = (
        f"{rows} × {columns}",
        f"{log.read_bytes / size:.2f}",
        f"{log.written_bytes / size:.2f}",
        f"{error:.1e}",
    )
    return Table(
        ("matrix", "times read", "times written", "largest difference from torch"), (row,), _first(log)
    )


def causal_reads(attention: Callable[..., Any], lengths: Sequence[int] = (32, 64, 128)) -> Picture:
    """Run attention(q, k, v, causal) in Triton's interpreter, and plot the KiB that it reads over the length."""
    import torch

    from reference.shared.simulators.triton_watch import watch_triton

    read: dict[str, dict[float, float]] = {"all keys": {}, "causal": {}}
    for length in lengths:
        q, k, v = torch.randn(3, 1, length, 16)
        for name in read:
            with watch_triton() as log:
                attention(q, k, v, name == "causal")
            read[name][length] = log.read_bytes / 1024
    title = "With a causal mask, programs skip blocks of keys"
    return sweep(read, title=title, x_label="queries and keys", y_label="KiB read")


def _first(log: Any) -> str:
    """Return the first fault of a watch as a note, or "No faults."."""
    return next(iter(log.faults()), "No faults.")
