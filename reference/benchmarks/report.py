"""The report of a benchmark: figures with their targets, and the machine that measured them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from reference.shared.machine import machine_summary

RECORDS = Path(__file__).resolve().parent / "records"


@dataclass(frozen=True)
class Figure:
    """One measured number; its target is met by a value at least as good, on the side that `better` names."""

    name: str  # "ratio_numpy/float32/threads=2/n=512"
    value: float
    unit: str  # "GFLOP/s", "s", "ratio"
    better: Literal["higher", "lower"] = "higher"
    target: float | None = None

    def __post_init__(self) -> None:
        if self.better not in {"higher", "lower"}:
            raise ValueError(f"{self.name}: expected better to be 'higher' or 'lower', got {self.better!r}")
        if not math.isfinite(self.value):
            raise ValueError(f"{self.name}: expected a finite value, got {self.value}")

    @property
    def met(self) -> bool | None:
        """True if the target is met; None without a target."""
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target

    def to_dict(self) -> dict[str, Any]:
        shown = float(f"{self.value:.6g}")  # more digits would be noise
        fields = {"name": self.name, "value": shown, "unit": self.unit, "better": self.better}
        return {**fields, "target": self.target, "met": self.met}


@dataclass(frozen=True)
class Report:
    """All figures of one run."""

    unit: str
    figures: tuple[Figure, ...]
    machine: str = field(default_factory=lambda: str(machine_summary()))
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def __getitem__(self, name: str) -> Figure:
        """The figure called `name`. Raises KeyError."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(
            f"{self.unit}: no figure {name!r}; there are {', '.join(f.name for f in self.figures)}"
        )

    def matching(self, prefix: str) -> tuple[Figure, ...]:
        """The figures whose names start with `prefix`, in order."""
        return tuple(figure for figure in self.figures if figure.name.startswith(prefix))

    def to_json(self) -> str:
        """The JSON format of all units: unit, machine, date, figures."""
        figures = [figure.to_dict() for figure in self.figures]
        record = {"unit": self.unit, "machine": self.machine, "date": self.date, "figures": figures}
        return json.dumps(record, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """A report as `to_json` wrote it; `met` is worked out again. Raises ValueError for anything else."""
        try:
            record = json.loads(text)
            figures = tuple(
                Figure(f["name"], float(f["value"]), f["unit"], f["better"], f["target"])
                for f in record["figures"]
            )
            return cls(record["unit"], figures, record["machine"], record["date"])
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"expected the JSON of a benchmark report, got something without {error}"
            ) from None


def load_record(path: Path) -> Report:
    """A committed record, like records/matmul_cpu.json beside this file. Raises OSError, ValueError."""
    return Report.from_json(path.read_text(encoding="utf-8"))


def load_bench(unit: str) -> Report:
    """The committed record of a unit's benchmark. Raises FileNotFoundError with the command that makes it."""
    path = RECORDS / f"{unit}.json"
    _expect(path, f"./mlsys bench {unit} --out reference/benchmarks/records/{unit}.json")
    return load_record(path)


def load_lecture(unit: str) -> dict[str, Any]:
    """The committed record of a unit's lecture. Raises FileNotFoundError with the command that makes it."""
    path = lecture_path(unit)
    _expect(path, f"python -m reference.benchmarks.lecture {unit}")
    return json.loads(path.read_text(encoding="utf-8"))


def lecture_path(unit: str) -> Path:
    """The path of the record of a unit's lecture."""
    return RECORDS / f"{unit}_lecture.json"


def _expect(path: Path, command: str) -> None:
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is missing; to make it: {command}")


def geometric_mean(ratios: Iterable[float]) -> float:
    """The mean of ratios: 2 and 1/2 give 1. Raises ValueError for none, or one <= 0."""
    found = list(ratios)
    if not found or min(found) <= 0:
        raise ValueError(f"expected at least one ratio, each above 0, got {found}")
    return math.exp(sum(map(math.log, found)) / len(found))
