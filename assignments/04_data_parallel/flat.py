"""One flat vector for many parameters, cut in equal parts, one for each rank. ZeRO's three stages share it. Given."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class FlatLayout:
    """Places of `params` in one vector, padded at the end so that `size` equal parts cover it.

    Parameters of one dtype and device; each takes numel() numbers, in order. `length` numbers are real and `padded`
    are in the vector: `size` parts of `part` each.
    """

    def __init__(self, params: Sequence[nn.Parameter], size: int):
        if not params:
            raise ValueError("expected at least one parameter, got none")
        kinds = {(p.dtype, p.device) for p in params}
        if len(kinds) > 1:
            raise ValueError(f"expected parameters of one dtype and device, got {sorted(map(str, kinds))}")
        self.shapes = [p.shape for p in params]
        self.numels = [p.numel() for p in params]
        self.length = sum(self.numels)
        self.part = -(-self.length // size)
        self.padded = self.part * size

    def own(self, vector: torch.Tensor, rank: int) -> torch.Tensor:
        """The part of `rank`, a view of `vector` (padded numbers)."""
        return vector[rank * self.part : (rank + 1) * self.part]

    def views(self, vector: torch.Tensor) -> list[torch.Tensor]:
        """A view of `vector` for each parameter, in its shape."""
        pieces = vector[: self.length].split(self.numels)
        return [piece.view(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def join(self, tensors: Sequence[torch.Tensor | None], like: torch.Tensor) -> torch.Tensor:
        """A new padded vector with the values of `tensors`; None and the padding are 0. dtype and device as `like`."""
        vector = torch.zeros(self.padded, dtype=like.dtype, device=like.device)
        for view, tensor in zip(self.views(vector), tensors, strict=True):
            if tensor is not None:
                view.copy_(tensor)
        return vector
