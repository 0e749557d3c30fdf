"""Task 00.6: a service that works in batches: latency, throughput, batch size.

One worker takes `setup + b * each` seconds for a batch of b requests: `setup` whatever
their number (a launch, reading the weights), `each` for each of them. Requests arrive
evenly, `rate` per second, and a batch starts when it is full. Larger batches share the
setup, so the worker serves more requests per second. But the first request of a batch
waits for the last.
"""

from __future__ import annotations

import math

from reference.napkin.checks import checked, count, not_negative, positive


@checked(rate=not_negative, latency=not_negative)
def in_flight(rate: float, latency: float) -> float:
    """Requests inside the service at a time, on average: Little's law, L = lambda W.

    rate: requests per second. latency: seconds that a request spends inside, on
    average.

    Source: J. Little, Operations Research 9 (1961).
    Raises TypeError for values that are not numbers, ValueError for negative ones.
    """
    return rate * latency


@checked(b=count, setup=not_negative, each=positive)
def batch_seconds(b: int, setup: float, each: float) -> float:
    """Seconds that the worker takes for a batch of b requests.

    Raises TypeError for values that are not numbers, ValueError for b below 1, a
    negative setup, or `each` not above 0.
    """
    return setup + b * each


@checked(b=count, setup=not_negative, each=positive)
def throughput(b: int, setup: float, each: float) -> float:
    """Requests per second of a worker that does one batch of b after another.

    Raises TypeError for values that are not numbers, ValueError for b below 1, a
    negative setup, or `each` not above 0.
    """
    return b / batch_seconds(b, setup, each)


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
    # BEGIN SOLUTION
    # b / (setup + b * each) >= rate, solved for b
    b = max(1, math.ceil(rate * setup / (1 - rate * each)))
    if throughput(b, setup, each) < rate:  # floats round: b may be off by one
        return b + 1
    return b - 1 if b > 1 and throughput(b - 1, setup, each) >= rate else b
    # END SOLUTION


@checked(limit=positive, rate=positive, setup=not_negative, each=positive)
def largest_batch(limit: float, rate: float, setup: float, each: float) -> int:
    """The largest b with which no request waits longer than `limit` seconds.

    Returns 0 if even b = 1 is too large. The first request of a batch waits longest:
    until b - 1 more have arrived, and until the batch is done. This function does not
    ask if the batch keeps up with the rate: see `smallest_batch`.

    Raises TypeError for values that are not numbers, ValueError for values out of
    range.
    """

    def worst(b: int) -> float:
        return (b - 1) / rate + batch_seconds(b, setup, each)

    b = max(0, math.floor((limit - setup + 1 / rate) / (1 / rate + each)))
    if worst(b + 1) <= limit:  # floats round: b may be off by one
        return b + 1
    return b - 1 if b > 0 and worst(b) > limit else b


@checked(rate=not_negative, bytes_in=not_negative, bytes_out=not_negative)
def bandwidth(rate: float, bytes_in: float, bytes_out: float) -> float:
    """Bytes per second through the service's network card.

    bytes_in, bytes_out: bytes of one request and of its answer. rate: requests per
    second.

    Raises TypeError for values that are not numbers, ValueError for negative ones.
    """
    return rate * (bytes_in + bytes_out)
