"""A loader whose waits can be shared by many workers and whose serial work cannot: Amdahl's law, measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from reference.lab.napkin.charts import model_and_points
from reference.shared.plots.style import Picture
from reference.shared.timing.stopwatch import interleaved

FILES, FETCH_SECONDS = 32, 4e-3
ROUNDS = 3


def measure_loader(workers: Sequence[int], serial_ms: float, files: int = FILES) -> list[float]:
    """Speed-ups of the loader over one worker, for each count in `workers`, of which the first must be 1.

    The job lists files (serial work), fetches `files` of them, each a wait of FETCH_SECONDS as for a far server, and
    merges them (serial work). serial_ms: milliseconds of serial work. A sleep simulates each wait; the threads, their
    queue and the serial work are real. Medians of rounds taken in turns.
    """
    pools = {count: ThreadPoolExecutor(count) for count in workers}

    def job(pool: ThreadPoolExecutor) -> None:
        spin(serial_ms / 2e3)
        list(pool.map(lambda _: time.sleep(FETCH_SECONDS), range(files)))
        spin(serial_ms / 2e3)

    try:
        jobs = {str(count): lambda pool=pool: job(pool) for count, pool in pools.items()}
        timed = interleaved(jobs, ROUNDS)
    finally:
        for pool in pools.values():
            pool.shutdown()
    return [timed[str(workers[0])].seconds / timed[str(count)].seconds for count in workers]


def spin(seconds: float) -> None:
    """Keep one core busy for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def loader_chart(
    workers: Sequence[int],
    speedups: Mapping[float, Sequence[float]],
    fits: Mapping[float, float],
    law: Callable[[float, int], float],
) -> Picture:
    """Measured speed-ups, and the law with the fitted fraction, over the workers.

    speedups, fits: milliseconds of serial work -> what was measured, and the fitted fraction. law: your `amdahl`.
    """
    names = {ms: f"{ms:g} ms of serial work" for ms in speedups}
    return model_and_points(
        {names[ms]: {n: law(fits[ms], n) for n in range(1, max(workers) + 1)} for ms in fits},
        {names[ms]: dict(zip(workers, line, strict=True)) for ms, line in speedups.items()},
        title="The serial part limits the speed-up, however many workers there are",
        x_label="workers",
        y_label="speed-up",
        log_y=False,
        formulas={names[ms]: f"f = {f:.3f}" for ms, f in fits.items()},
    )
