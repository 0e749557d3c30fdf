"""The names that lab 01 uses, in one place: `from reference.lab.matmul_cpu import notebook as lab`.

Each is documented where it is defined. In the notebook, `lab.misses_chart?` shows what it does, and
`lab.misses_chart??` how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reference.lab.matmul_cpu import drawings
from reference.lab.matmul_cpu.drawings import access_pattern, goto_blocks, packing
from reference.lab.matmul_cpu.limits import measure_limits
from reference.lab.matmul_cpu.rungs import Ladder
from reference.lab.matmul_cpu.sweeps import (
    columns_of_b,
    misses_chart,
    most_threads,
    record_reads,
    size_chart,
    sweep_sizes,
    thread_gain,
)
from reference.shared.machine import machine
from reference.shared.plots.charts import prediction_vs_measured
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import show_machine
from reference.shared.predictions import Prediction, keep_prediction

__all__ = [
    "Ladder",
    "access_pattern",
    "columns_of_b",
    "goto_blocks",
    "keep_guesses",
    "machine",
    "measure_limits",
    "misses_chart",
    "most_threads",
    "packing",
    "prediction_vs_measured",
    "record_reads",
    "show_machine",
    "size_chart",
    "sweep_sizes",
    "thread_gain",
    "tile_costs",
    "tile_in_registers",
]

# The course's blind guess: each rung is four times as fast as the rung before it.
BLIND: dict[str, float] = dict.fromkeys(
    (
        "python_reordered",
        "numba_loops",
        "numba_parallel",
        "divide_and_conquer",
        "register_blocked",
        "microkernel",
    ),
    4,
)
MANY_REGISTERS = {"AVX-512", "NEON"}  # these have 32 vector registers, the others 16


class Tile(Protocol):
    """The register tile that `tile_shape` in `vectors.py` chooses."""

    @property
    def rows(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def lanes(self) -> int: ...


def tile_in_registers(tile: Tile) -> Picture:
    """One step of the micro-kernel with this tile: a column of A times a row of B, added to the tile of C."""
    return drawings.register_tile(tile.rows, tile.width, tile.lanes, registers=_registers())


def tile_costs(tile: Tile) -> Picture:
    """Multiply-adds for each load, over all tiles that fit this machine's registers; this tile has a frame."""
    mark = (tile.rows, tile.width)
    return drawings.tile_costs(tile.lanes, registers=_registers(), mark=mark)


def keep_guesses(guesses: Mapping[str, float]) -> Prediction:
    """Keep the guesses in `predictions.json`, once; afterwards return the first ones.

    Raises ValueError for other names than those of BLIND, and for a guess that is not above 0.
    """
    return keep_prediction("01_matmul_cpu", guesses, blind=BLIND)


def _registers() -> int:
    return 32 if machine().vector in MANY_REGISTERS else 16
