"""Task 00.4: how much faster more workers are, when a part of the work is for one alone.

`fraction` is the share of the work that can be shared out: of one worker's time for Amdahl, who asks how fast a given
job gets, and of the time on all workers for Gustafson, who asks how large a job fits into the same time.
Sources: G. Amdahl, AFIPS 30 (1967); J. Gustafson, Communications of the ACM 31 (1988).
"""

from __future__ import annotations

from collections.abc import Sequence

from checks import checked, count, fraction, positive, several, share


@checked(fraction=fraction, workers=count)
def amdahl(fraction: float, workers: int) -> float:
    """Speed-up of a job of fixed size on `workers` workers, when `fraction` of its time on one can be shared out.

    Raises TypeError for values that are no numbers, ValueError for a fraction outside 0 to 1 or workers below 1.
    """
    raise NotImplementedError(
        "00.4 amdahl: Speed-up of a job of fixed size on `workers` workers, when `fraction` of its time on "
        "one can be shared out."
    )


@checked(fraction=fraction, workers=count)
def gustafson(fraction: float, workers: int) -> float:
    """Scaled speed-up: how much more work `workers` workers do in the time that they take together.

    fraction: the share of that time in which all of them work; in the rest, one does.

    Raises TypeError for values that are no numbers, ValueError for a fraction outside 0 to 1 or workers below 1.
    """
    raise NotImplementedError(
        "00.4 amdahl (gustafson): Scaled speed-up: how much more work `workers` workers do in the time that "
        "they take together."
    )


@checked(workers=several(1, count), speedups=several(1, positive))
def fit_fraction(workers: Sequence[int], speedups: Sequence[float]) -> float:
    """The `fraction` with which Amdahl's law comes closest to speed-ups that were measured.

    workers, speedups: one entry a measurement, the speed-ups relative to one worker. Closest: the least sum of
    squared errors of 1/speedup, in which the law is a straight line. The fit is clipped to 0 to 1.

    Raises TypeError for anything but lists of numbers; ValueError for lists of different lengths, no measurement
    with more than one worker, or speed-ups that are not above 0.
    """
    if len(workers) != len(speedups):
        raise ValueError(
            f"fit_fraction: expected a speed-up for each of {len(workers)} worker counts, got {len(speedups)}"
        )
    if max(workers) == 1:
        raise ValueError("fit_fraction: expected a measurement with more than one worker, got none")
    raise NotImplementedError(
        "00.4 amdahl (fit_fraction): The `fraction` with which Amdahl's law comes closest to speed-ups that "
        "were measured."
    )


@checked(fraction=fraction, efficiency=share)
def most_workers(fraction: float, efficiency: float) -> int:
    """The largest number of workers whose efficiency, amdahl(fraction, n) / n, is at least `efficiency`.

    Raises TypeError for values that are no numbers; ValueError for a fraction outside 0 to 1, an efficiency outside
    0 to 1 or equal to 0, or a fraction of 1, with which there is no largest number.
    """
    if fraction == 1:
        raise ValueError(
            "most_workers: expected a fraction below 1, got 1: any number of workers is efficient"
        )
    raise NotImplementedError(
        "00.4 amdahl (most_workers): The largest number of workers whose efficiency, amdahl(fraction, n) / n,"
        " is at least `efficiency`."
    )
