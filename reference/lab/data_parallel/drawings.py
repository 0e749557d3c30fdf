"""Lanes of computation and communication, drawn from the records of your own code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reference.shared.comm import Message
from reference.shared.plots.style import GREY, PALETTE, Picture, headline, new_figure, styled

COMPUTE, TALK, FORWARD = PALETTE[0], PALETTE[1], PALETTE[5]


def early_share(messages: Sequence[Message]) -> float:
    """The share of all-reduced bytes that start before the gradient of the first layer is there, on rank 0."""
    mine = [m for m in messages if m.rank == 0]
    first_layer = min((m.start for m in mine if m.label == "layer 1"), default=0.0)
    sent = [m for m in mine if m.kind == "all_reduce"]
    total = sum(m.bytes for m in sent)
    return sum(m.bytes for m in sent if m.start < first_layer) / total if total else 0.0


@styled
def lanes(runs: Mapping[str, Sequence[Message]]) -> Picture:
    """One row of lanes for each run: rank 0 computes above, and its all-reduces are below, over milliseconds.

    runs: name -> the records of one step, as `watched_steps` leaves them. A tick marks the gradient of a layer.
    Raises ValueError for a run without a backward pass.
    """
    figure, axes = new_figure(8.6, 1.2 + 1.5 * len(runs), 1, 1)
    shares, names, places = {}, [], []
    for row, (name, messages) in enumerate(runs.items()):
        mine = sorted((m for m in messages if m.rank == 0), key=lambda m: m.start)
        spans = [m for m in mine if m.label in ("forward", "backward")]
        if not any(m.label == "backward" for m in spans):
            raise ValueError(f"lanes: expected a backward pass in the records of {name!r}, got none")
        origin = spans[0].start
        shares[name] = early_share(messages)
        base = -3.0 * row
        names += [f"{name}: compute", "all-reduce"]
        places += [base, base - 1]
        for m in spans:
            start, width = 1e3 * (m.start - origin), 1e3 * (m.end - m.start)
            colour = COMPUTE if m.label == "backward" else FORWARD
            axes.barh(base, width, left=start, color=colour, height=0.8, label=None if row else m.label)
        for m in mine:
            start, end = 1e3 * (m.start - origin), 1e3 * (m.end - origin)
            if m.kind == "all_reduce":
                axes.barh(
                    base - 1, end - start, left=start, color=TALK, height=0.7, alpha=0.6, edgecolor="white"
                )
            elif m.label.startswith("layer"):
                axes.plot([start, start], [base - 0.4, base + 0.4], color="white", linewidth=1.5)
    axes.set_yticks(places, names)
    figure.legend(loc="outside lower right", ncols=2)
    axes.set_xlabel("milliseconds from the start of the step, on rank 0")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_color(GREY)
    told = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    best = max(shares.values())
    headline(figure, f"At best {100 * best:.0f} % of the bytes leave before backward reaches layer 1")
    alt = f"Lanes of rank 0: forward and backward above, all-reduces below. Bytes that leave early: {told}."
    return Picture(figure, alt)


@styled
def memory_bars(ways: Mapping[str, Mapping[str, int]]) -> Picture:
    """A bar for each way to train: bytes on a rank, split into parameters, gradients and optimizer state.

    ways: name -> {"parameters": bytes, ...}, as `zero_memory` returns them; the first one is the whole. Raises
    ValueError for no way.
    """
    if not ways:
        raise ValueError("memory_bars: expected at least one way, got none")
    figure, axes = new_figure(8.6, 3.4, 1, 1)
    whole = sum(next(iter(ways.values())).values())
    told = []
    for row, (name, parts) in enumerate(ways.items()):
        left = 0.0
        for number, (part, size) in enumerate(parts.items()):
            colour = PALETTE[(0, 4, 2)[number % 3]]
            axes.barh(
                -row, size / 1e6, left=left, color=colour, label=None if row else part, edgecolor="white"
            )
            left += size / 1e6
        axes.text(left, -row, f"  {100e6 * left / whole:.0f} %", va="center")
        told.append(f"{name} {left:.2f} MB")
    axes.set_yticks([-row for row in range(len(ways))], list(ways))
    axes.set_xlim(0, 1.15 * whole / 1e6)
    axes.set_xlabel("megabytes that a rank keeps between two steps")
    axes.grid(axis="y", visible=False)
    figure.legend(loc="outside lower right", ncols=3)
    last = list(ways)[-1]
    headline(figure, f"{last} keeps {100 * sum(ways[last].values()) / whole:.0f} % of the bytes")
    return Picture(figure, f"Bytes on a rank: {', '.join(told)}.")
