"""Task 00.4: the speed-up by more workers, when a part of the work is serial.

`fraction` is the parallel share. For Amdahl it is a share of one worker's time, because
he asks how fast a given job gets. For Gustafson it is a share of the time on all
workers, because he asks how large a job fits into the same time.
Sources: G. Amdahl, AFIPS 30 (1967); J. Gustafson, Communications of the ACM 31 (1988).
"""

from __future__ import annotations

from collections.abc import Sequence

from checks import checked, count, fraction, positive, several, share


@checked(fraction=fraction, workers=count)
def amdahl(fraction: float, workers: int) -> float:
    """Speed-up on `workers` workers of a job of fixed size.

    fraction: the share of the job's time on one worker that can run in parallel.

    Raises TypeError for values that are not numbers, ValueError for a fraction outside
    0 to 1 or workers below 1.
    """
    raise NotImplementedError("00.4 amdahl: Speed-up on `workers` workers of a job of fixed size.")


@checked(fraction=fraction, workers=count)
def gustafson(fraction: float, workers: int) -> float:
    """Scaled speed-up: how much more work `workers` workers do in the same time.

    fraction: the share of that time in which all of them work; in the rest, only one
    does.

    Raises TypeError for values that are not numbers, ValueError for a fraction outside
    0 to 1 or workers below 1.
    """
    raise NotImplementedError(
        "00.4 amdahl (gustafson): Scaled speed-up: how much more work `workers` workers do in the same time."
    )


@checked(workers=several(1, count), speedups=several(1, positive))
def fit_fraction(workers: Sequence[int], speedups: Sequence[float]) -> float:
    """The `fraction` with which Amdahl's law comes closest to measured speed-ups.

    workers, speedups: one entry for each measurement; the speed-ups are relative to one
    worker. Closest: the least sum of squared errors of 1/speedup, in which the law is a
    straight line. The fit is clipped to 0 to 1.

    Raises TypeError for anything but lists of numbers; ValueError for lists of
    different lengths, for no measurement with more than one worker, and for speed-ups
    that are not above 0.
    """
    if len(workers) != len(speedups):
        raise ValueError(
            f"fit_fraction: expected a speed-up for each of {len(workers)} worker counts, got {len(speedups)}"
        )
    if max(workers) == 1:
        raise ValueError("fit_fraction: expected a measurement with more than one worker, got none")
    raise NotImplementedError(
        "00.4 amdahl (fit_fraction): The `fraction` with which Amdahl's law comes closest to measured speed-"
        "ups."
    )


@checked(fraction=fraction, efficiency=share)
def most_workers(fraction: float, efficiency: float) -> int:
    """The largest number of workers n whose efficiency is at least `efficiency`.

    The efficiency of n workers is amdahl(fraction, n) / n.

    Raises TypeError for values that are not numbers; ValueError for a fraction outside
    0 to 1, for an efficiency outside 0 to 1 or equal to 0, and for a fraction of 1:
    then there is no largest number.
    """
    if fraction == 1:
        raise ValueError(
            "most_workers: expected a fraction below 1, got 1: any number of workers is efficient"
        )
    raise NotImplementedError(
        "00.4 amdahl (most_workers): The largest number of workers n whose efficiency is at least "
        "`efficiency`."
    )
