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
    bench = Report.from_json((RECORDS / "data_parallel.json").read_text(encoding="utf-8"))
    lines += [f"{figure.name}: {figure.value:.2f}" for figure in bench.matching("ratio")]
    return lines
