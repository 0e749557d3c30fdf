"""The measured figures that the slides of lecture 04 quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference.benchmarks.report import RECORDS, Report
from reference.lab.data_parallel.drawings import early_share
from reference.shared.comm import Message


def quotes(record: Mapping[str, Any]) -> list[str]:
    """Shares of early bytes, bytes on a rank, losses of local SGD, and the ratios of the benchmark."""
    lines = [f"measured on {record['date']}: {record['machine']}"]
    for name, messages in record["runs"].items():
        lines.append(
            f"{name}: {100 * early_share([Message(**each) for each in messages]):.0f} % of the bytes leave early"
        )
    plain = sum(record["memory"]["plain"].values())
    for name, parts in record["memory"].items():
        lines.append(f"{name}: {sum(parts.values()) / 1e6:.2f} MB, {100 * sum(parts.values()) / plain:.0f} %")
    for every, momentum, loss, sent in record["local"]:
        lines.append(f"every {every} steps, momentum {momentum}: loss {loss:.3f}, {sent / 1e3:.0f} kB")
    return lines + [f"{name}: {value:.2f}" for name, value in ratios().items()]


def ratios() -> dict[str, float]:
    """The ratios of the benchmark's record, by name."""
    bench = Report.from_json((RECORDS / "data_parallel.json").read_text(encoding="utf-8"))
    return {figure.name: figure.value for figure in bench.matching("ratio")}


def slide_quotes(record: Mapping[str, Any]) -> list[str]:
    """The phrases with measured numbers that lecture 04 and its notes must contain word for word."""
    found = ratios()
    buckets, window = (
        [found[f"ratio_torch_ddp/{name}/batch={batch}"] for batch in (16, 32)]
        for name in ("buckets", "window")
    )
    early = early_share([Message(**each) for each in record["runs"]["overlap"]])
    rows = {(every, momentum): (loss, sent) for every, momentum, loss, sent in record["local"]}
    told = {
        "every step": (1, 0.0),
        "every 5 steps": (5, 0.0),
        "every 5 steps, outer momentum 0.9": (5, 0.9),
        "every 20 steps, outer momentum 0.9": (20, 0.9),
    }
    return [
        f"With overlap {100 * early:.0f} % of the bytes start before backward reaches layer 1",
        f"| our buckets | {buckets[0]:.2f} | {buckets[1]:.2f} |",
        f"| gradients in a shared window | {window[0]:.2f} | {window[1]:.2f} |",
        f"| our ZeRO-3 against `fully_shard` | {found['ratio_torch_fsdp/zero3/batch=16']:.2f} |",
        *(f"| {name} | {rows[key][0]:.3f} | {rows[key][1] / 1e3:.0f} kB |" for name, key in told.items()),
    ]
