"""The pictures of lecture 04, drawn from the record that `lecture.measure` makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference.lab.data_parallel.drawings import lanes, memory_bars
from reference.shared.comm import Message
from reference.shared.plots.charts import sweep
from reference.shared.plots.style import Picture, on_slide

SLIDES = Path(__file__).resolve().parents[3] / "slides" / "figures"


def draw(record: Mapping[str, Any], folder: Path = SLIDES) -> list[Path]:
    """Write every picture to `folder` as 04_NAME.svg; returns the paths."""
    return [picture.save(folder / f"04_{name}.svg") for name, picture in pictures(record).items()]


def pictures(record: Mapping[str, Any]) -> dict[str, Picture]:
    """Name -> picture, each as high as its slide has room for."""
    drawn = {
        "lanes": (430, lambda: step_lanes(record)),
        "steps": (430, lambda: batch_steps(record)),
        "memory": (430, lambda: memory_bars(record["memory"])),
    }
    found = {}
    for name, (height, make) in drawn.items():
        with on_slide(height):
            found[name] = make()
    return found


def step_lanes(record: Mapping[str, Any]) -> Picture:
    """One step of two ranks, with overlap and without."""
    return lanes({name: [Message(**each) for each in messages] for name, messages in record["runs"].items()})


def batch_steps(record: Mapping[str, Any]) -> Picture:
    """Steps to a loss over the batch, beside perfect scaling."""
    steps = {float(batch): float(count) for batch, count in record["steps"].items()}
    least = min(steps)
    ideal = {batch: steps[least] * least / batch for batch in steps}
    gain = steps[least] / steps[128.0]
    return sweep(
        {"measured": steps, "perfect scaling": ideal},
        title=f"From 8 to 128 examples, {gain:.1f}× fewer steps, not 16×",
        x_label="examples in a batch, on all ranks",
        y_label="steps to 0.35 nats",
        log_y=True,
    )
