"""Task 00.5: the roofline. A kernel waits for its arithmetic or for its bytes.

The slower of the two decides. Two numbers describe the machine: its peak in FLOP/s and
its bandwidth in bytes/s. One number describes the kernel: its intensity, the FLOP that
it does for each byte that it moves.
Source: Williams, Waterman and Patterson, Roofline, Communications of the ACM 52 (2009).
"""

from __future__ import annotations

from checks import checked, count, not_negative, positive


@checked(peak=positive, bandwidth=positive)
def ridge(peak: float, bandwidth: float) -> float:
    """The lowest intensity, in FLOP a byte, at which a machine can reach its peak.

    peak: FLOP/s. bandwidth: bytes/s.

    Raises TypeError for values that are not numbers, ValueError for values that are not
    above 0.
    """
    raise NotImplementedError(
        "00.5 ridge: The lowest intensity, in FLOP a byte, at which a machine can reach its peak."
    )


@checked(intensity=positive, peak=positive, bandwidth=positive)
def attainable(intensity: float, peak: float, bandwidth: float) -> float:
    """The most FLOP/s for a kernel of `intensity` FLOP a byte: the roof above it.

    Raises TypeError for values that are not numbers, ValueError for values that are not
    above 0.
    """
    raise NotImplementedError(
        "00.5 ridge (attainable): The most FLOP/s for a kernel of `intensity` FLOP a byte: the roof above it."
    )


@checked(m=count, k=count, n=count, word=count)
def matmul_intensity(m: int, k: int, n: int, word: int) -> float:
    """FLOP a byte of an (m, k) by (k, n) product, with an ideal cache.

    word: bytes of one number. Each operand is read once and the result is written once.
    A multiply-add is 2 FLOP.

    Raises TypeError for sizes that are not whole numbers, ValueError for sizes below 1.
    """
    raise NotImplementedError(
        "00.5 ridge (matmul_intensity): FLOP a byte of an (m, k) by (k, n) product, with an ideal cache."
    )


@checked(flop=not_negative, nbytes=not_negative, peak=positive, bandwidth=positive)
def predict_seconds(flop: float, nbytes: float, peak: float, bandwidth: float) -> float:
    """The least seconds for `flop` FLOP on `nbytes` bytes.

    Arithmetic and traffic overlap fully.

    Raises TypeError for values that are not numbers, ValueError for negative work or a
    limit that is not above 0.
    """
    raise NotImplementedError(
        "00.5 ridge (predict_seconds): The least seconds for `flop` FLOP on `nbytes` bytes."
    )


@checked(flop=not_negative, nbytes=not_negative, peak=positive, bandwidth=positive)
def bound(flop: float, nbytes: float, peak: float, bandwidth: float) -> str:
    """The limit that `flop` FLOP on `nbytes` bytes wait for: "compute" or "memory".

    "compute" when both take equally long.

    Raises TypeError for values that are not numbers, ValueError for negative work or a
    limit that is not above 0.
    """
    raise NotImplementedError(
        "00.5 ridge (bound): The limit that `flop` FLOP on `nbytes` bytes wait for: \"compute\" or "
        "\"memory\"."
    )
