"""`./mlsys doctor`: check this machine's setup; each line is ok, or says how to fix the problem."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from autograder.authoring.probes import PROBES, Finding

Probe = Callable[[], Finding]
MARK = {"ok": ("ok", "green"), "optional": ("--", "yellow"), "missing": ("!!", "bold red")}


def examine(probes: tuple[Probe, ...] = PROBES) -> Iterator[Finding]:
    """One line for each probe. A probe that raises an unexpected error is a finding too."""
    for probe in probes:
        try:
            yield probe()
        except Exception as error:
            name = probe.__name__.capitalize()
            yield Finding(
                name,
                "missing",
                f"{type(error).__name__}: {error}",
                "report this as a bug, with the output of MLSYS_DEBUG=1 ./mlsys doctor",
            )


def print_line(line: Finding) -> None:
    mark, style = MARK[line.verdict]
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text.assemble((f" {mark} ", style), f" {line.name:<9} ", line.found))
    if line.fix:
        console.print(Text(f"                to fix: {line.fix}", style="cyan"))


def conclusion(lines: list[Finding]) -> str:
    missing = [line.name for line in lines if line.verdict == "missing"]
    if missing:
        return f"Something is missing: {', '.join(missing)}. Follow the lines marked !! above."
    optional = [line.name for line in lines if line.verdict == "optional"]
    if optional:
        return f"Ready. For everything to work, follow the lines marked --: {', '.join(optional)}."
    return "Ready: everything works."


def as_json(lines: list[Finding]) -> str:
    ready = all(line.verdict != "missing" for line in lines)
    return json.dumps({"ready": ready, "findings": [asdict(line) for line in lines]}, indent=2)
