"""Two networks to count, and torch's own count beside the student's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from reference.shared.plots.counts import shares
from reference.shared.plots.style import Picture
from reference.shared.plots.tables import Table


class Counted(Protocol):
    """A row of `count_module`: one layer that has parameters of its own."""

    @property
    def kind(self) -> str: ...
    @property
    def parameters(self) -> int: ...
    @property
    def flop(self) -> int: ...


def networks() -> dict[str, tuple[Any, Any]]:
    """Name -> (torch module, example input): AlexNet with an image, an encoder layer with 512 words.

    Both are on torch's "meta" device: they have shapes and no numbers, so counting them costs nothing.
    AlexNet is that of torchvision for images of 224 x 224.
    """
    import torch
    from torch import nn

    def features(
        channels: int, maps: int, kernel: int, stride: int, padding: int, *, pool: bool
    ) -> nn.Module:
        shrink = [nn.MaxPool2d(3, 2)] if pool else []
        return nn.Sequential(nn.Conv2d(channels, maps, kernel, stride, padding), nn.ReLU(), *shrink)

    with torch.device("meta"):
        alexnet = nn.Sequential(
            features(3, 64, 11, 4, 2, pool=True),
            features(64, 192, 5, 1, 2, pool=True),
            features(192, 384, 3, 1, 1, pool=False),
            features(384, 256, 3, 1, 1, pool=False),
            features(256, 256, 3, 1, 1, pool=True),
            nn.Flatten(),
            nn.Linear(256 * 6 * 6, 4096),
            nn.Linear(4096, 4096),
            nn.Linear(4096, 1000),
        )
        encoder = nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True)
        return {
            "AlexNet": (alexnet, torch.empty(1, 3, 224, 224)),
            "encoder layer, 512 words": (encoder, torch.empty(1, 512, 768)),
        }


def beside_torch(counted: Mapping[str, Sequence[Counted]]) -> Table:
    """The totals of `counted`, a list of rows for each of `networks()`, and torch's own count of FLOP."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    lines = []
    for name, (network, example) in networks().items():
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(example)
        rows = counted[name]
        parameters, flop = sum(row.parameters for row in rows), sum(row.flop for row in rows)
        theirs = counter.get_total_flops()
        lines.append((name, f"{parameters / 1e6:.2f} M", f"{flop / 1e9:.3f}", f"{theirs / 1e9:.3f}"))
    return Table(("network", "parameters", "your GFLOP", "torch's GFLOP"), tuple(lines))


def layer_shares(rows: Sequence[Counted]) -> Picture:
    """Bars: which share of the parameters and of the FLOP each layer has. rows: of one network, in order."""
    parts = {
        f"{row.kind} {place}": {"parameters": row.parameters, "FLOP": row.flop}
        for place, row in enumerate(rows, 1)
    }
    return shares(parts, title="Few layers hold the parameters, others do the work")
