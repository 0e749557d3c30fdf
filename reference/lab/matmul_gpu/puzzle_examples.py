"""A small launch of each puzzle, to run and draw while you write its kernel.

    name, grid, block, out, args = example("shared", np.random.default_rng(0))
    launch(shared_kernel, grid, block, out, *args)

It has inputs and launches only; you know the expected result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

THREADS, BINS, TILE, SIDE = 8, 12, 4, 32  # as in the puzzles' files


class Example(NamedTuple):
    """One launch: launch(kernel of this name, grid, block, out, *args)."""

    kernel: str
    grid: int | tuple[int, int]
    block: int | tuple[int, int]
    out: np.ndarray
    args: tuple[np.ndarray, ...]


Sizes = tuple[int | tuple[int, int], int | tuple[int, int], tuple[int, ...], tuple[tuple[int, ...], ...]]

# Grid, block, shape of the result, shapes of the inputs. At most 16 threads if that shows the idea.
SIZES: dict[str, Sizes] = {
    "map": (1, 8, (8,), ((8,),)),
    "zip": (1, 8, (8,), ((8,), (8,))),
    "guard": (1, 8, (5,), ((5,),)),
    "map2d": ((2, 2), (8, 8), (11, 13), ((11, 13),)),
    "broadcast": ((2, 1), (8, 8), (6, 11), ((6, 1), (1, 11))),
    "blocks": (2, THREADS, (37,), ((37,),)),
    "shared": (2, THREADS, (13,), ((13,),)),
    "pooling": (1, THREADS, (8,), ((8,),)),
    "dot": (1, THREADS, (1,), ((13,), (13,))),
    "conv1d": (2, THREADS, (13,), ((13,), (5,))),
    "prefix_sum": (2, THREADS, (13,), ((13,),)),
    "axis_sum": (2, THREADS, (2,), ((2, 13),)),
    "matmul": (1, (TILE, TILE), (4, 4), ((4, 8), (8, 4))),
    "histogram": (2, THREADS, (BINS,), ((29,),)),
    "transpose": (1, (SIDE, SIDE), (SIDE, SIDE), ((SIDE, SIDE),)),
}
DRAW: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "histogram": lambda rng, shape: rng.integers(0, BINS, shape).astype(np.int32)
}


def example(name: str, rng: np.random.Generator) -> Example:
    """Return the launch of the puzzle `name`: "map", "zip", ... (the kernel's name without "_kernel").

    Inputs come from `rng`: float32 integers from -9 to 9 (every sum of them is exact), int32 for the
    histogram. The result holds NaN, and zeros for the histogram, which adds to it. Raises ValueError for an
    unknown name.
    """
    if name not in SIZES:
        raise ValueError(f"example: expected one of {', '.join(SIZES)}, got {name!r}")
    grid, block, shape, inputs = SIZES[name]
    draw: Any = DRAW.get(name, lambda rng, shape: rng.integers(-9, 10, shape).astype(np.float32))
    args = tuple(draw(rng, each) for each in inputs)
    out = np.zeros(shape, np.int32) if name == "histogram" else np.full(shape, np.nan, np.float32)
    return Example(f"{name}_kernel", grid, block, out, args)
