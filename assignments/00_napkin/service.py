"""Task 00.6: a service that works in batches: latency, throughput, batch size.

One worker takes `setup + b * each` seconds for a batch of b requests: `setup` whatever
their number (a launch, reading the weights), `each` for each of them. Requests arrive
evenly, `rate` per second, and a batch starts when it is full. Larger batches share the
setup, so the worker serves more requests per second. But the first request of a batch
waits for the last.
"""

from __future__ import annotations

import math

from checks import checked, count, not_negative, positive


@checked(rate=not_negative, latency=not_negative)
def in_flight(rate: float, latency: float) -> float:
    """Requests inside the service at a time, on average: Little's law, L = lambda W.

    rate: requests per second. latency: seconds that a request spends inside, on
    average.

    Source: J. Little, Operations Research 9 (1961).
    Raises TypeError for values that are not numbers, ValueError for negative ones.
    """
    raise NotImplementedError(
        "00.6 in_flight: Requests inside the service at a time, on average: Little's law, L = lambda W."
    )


@checked(b=count, setup=not_negative, each=positive)
def batch_seconds(b: int, setup: float, each: float) -> float:
    """Seconds that the worker takes for a batch of b requests.

    Raises TypeError for values that are not numbers, ValueError for b below 1, a
    negative setup, or `each` not above 0.
    """
    raise NotImplementedError(
        "00.6 in_flight (batch_seconds): Seconds that the worker takes for a batch of b requests."
    )


@checked(b=count, setup=not_negative, each=positive)
def throughput(b: int, setup: float, each: float) -> float:
    """Requests per second of a worker that does one batch of b after another.

    Raises TypeError for values that are not numbers, ValueError for b below 1, a
    negative setup, or `each` not above 0.
    """
    raise NotImplementedError(
        "00.6 in_flight (throughput): Requests per second of a worker that does one batch of b after another."
    )


@checked(rate=positive, setup=not_negative, each=positive)
def smallest_batch(rate: float, setup: float, each: float) -> int:
    """The smallest b whose throughput is at least `rate` requests per second.

    Raises TypeError for values that are not numbers, ValueError for values out of
    range, and when no batch keeps up because `rate` is 1 / each or more.
    """
    if rate >= 1 / each:
        raise ValueError(
            f"smallest_batch: expected rate to be below 1 / each = {1 / each:g} a second, got {rate:g}: "
            "no batch keeps up"
        )
    raise NotImplementedError(
        "00.6 in_flight (smallest_batch): The smallest b whose throughput is at least `rate` requests per "
        "second."
    )


@checked(limit=positive, rate=positive, setup=not_negative, each=positive)
def largest_batch(limit: float, rate: float, setup: float, each: float) -> int:
    """The largest b with which no request waits longer than `limit` seconds.

    Returns 0 if even b = 1 is too large. The first request of a batch waits longest:
    until b - 1 more have arrived, and until the batch is done. This function does not
    ask if the batch keeps up with the rate: see `smallest_batch`.

    Raises TypeError for values that are not numbers, ValueError for values out of
    range.
    """
    raise NotImplementedError(
        "00.6 in_flight (largest_batch): The largest b with which no request waits longer than `limit` "
        "seconds."
    )


@checked(rate=not_negative, bytes_in=not_negative, bytes_out=not_negative)
def bandwidth(rate: float, bytes_in: float, bytes_out: float) -> float:
    """Bytes per second through the service's network card.

    bytes_in, bytes_out: bytes of one request and of its answer. rate: requests per
    second.

    Raises TypeError for values that are not numbers, ValueError for negative ones.
    """
    raise NotImplementedError(
        "00.6 in_flight (bandwidth): Bytes per second through the service's network card."
    )
