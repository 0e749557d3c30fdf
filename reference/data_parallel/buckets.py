"""Step 4: join small gradients to buckets. One message of 25 MB costs less than a hundred small ones.

Backward produces the gradient of the last layer first, so the first bucket holds the last parameters: it is full, and
can leave, while the gradients of the first layers do not exist yet.

Source: S. Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def assign_buckets(params: Sequence[nn.Parameter], cap: int) -> list[list[int]]:
    """Group the parameters to buckets of at most `cap` bytes, in reverse order.

    Returns lists of indices into `params`. Joined, they go from the last parameter to the first. Frozen parameters
    (requires_grad is False) are in no bucket; a tied parameter, which `params` holds twice, is in one, at its last
    place. A bucket has one dtype and one device. It is closed when the next parameter does not fit; a parameter of
    more than `cap` bytes has a bucket of its own.

    Cost: O(number of parameters).

    Raises:
        ValueError: cap is below 1.
    """
    if cap < 1:
        raise ValueError(f"expected cap to be at least 1 byte, got {cap}")
    return _assign_buckets(params, cap)


def _assign_buckets(params: Sequence[nn.Parameter], cap: int) -> list[list[int]]:
    """Fill one bucket after the other, from the last parameter to the first; cap is checked already."""
    buckets: list[list[int]] = []
    room = 0
    kind = None
    seen: set[int] = set()
    for index in reversed(range(len(params))):
        param = params[index]
        if not param.requires_grad or id(param) in seen:
            continue
        seen.add(id(param))
        size = param.numel() * param.element_size()
        if not buckets or size > room or kind != (param.dtype, param.device):
            buckets.append([])
            room, kind = cap, (param.dtype, param.device)
        buckets[-1].append(index)
        room -= size
    return buckets
