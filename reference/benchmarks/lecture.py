"""Measure, draw and print the figures of a unit's slides.

    python -m reference.benchmarks.lecture matmul_cpu            measure (keep the machine idle), then draw
    python -m reference.benchmarks.lecture matmul_cpu --draw     draw again from the record, on any machine
    python -m reference.benchmarks.lecture matmul_cpu --table    print the figures that the slides quote

Three modules in reference/benchmarks/<unit>/ do the work: `lecture.py` with `measure(say)`, which returns the record as
data for JSON; `figures.py` with `draw(record)`, which returns the paths of the pictures; and `quotes.py` with
`quotes(record)`, which returns the figures in words.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Sequence
from pathlib import Path

from reference.benchmarks.report import lecture_path, load_lecture


def units() -> list[str]:
    """The units whose lecture has a record: those with a `lecture.py`."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/lecture.py"))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m reference.benchmarks.lecture",
        description="Measure and draw the pictures of a unit's lecture.",
    )
    parser.add_argument("unit", choices=units(), help="the unit's name")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--draw", action="store_true", help="only draw, from the record")
    only.add_argument(
        "--table", action="store_true", help="only print what the slides quote, from the record"
    )
    choice = parser.parse_args(arguments)
    home = f"reference.benchmarks.{choice.unit}"
    if not (choice.draw or choice.table):
        record = importlib.import_module(f"{home}.lecture").measure(print)
        lecture_path(choice.unit).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    try:
        record = load_lecture(choice.unit)
        if choice.table:
            lines = importlib.import_module(f"{home}.quotes").quotes(record)
        else:
            lines = [path.name for path in importlib.import_module(f"{home}.figures").draw(record)]
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from None
    print("\n".join(lines))


if __name__ == "__main__":
    main()
