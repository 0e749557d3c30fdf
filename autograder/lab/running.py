"""The progress of a check in one line, for a terminal or a notebook."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from autograder.core.result import TestResult
from autograder.judge.recorder import Started


@dataclass
class Running:
    """Receiver of the start and end of each test; `text` shows the running test, its time and its limit."""

    name: str  # what is checked: "01.3"
    done: int = 0
    total: int = 0  # known once the first check starts
    now: Started | None = None
    since: float = field(default_factory=time.monotonic)

    def on_start(self, started: Started) -> None:
        self.now, self.since, self.total = started, time.monotonic(), started.total

    def on_test(self, _test: TestResult | None = None) -> None:
        self.done, self.now, self.since = self.done + 1, None, time.monotonic()

    def text(self) -> str:
        """ "checking 01: 3 of 42 checks done; now 01.1 python_loops: squares, 4 s (limit 10 s)" """
        seconds = int(time.monotonic() - self.since)
        if not self.total:
            return f"checking {self.name}: getting ready, {seconds} s"
        line = f"checking {self.name}: {self.done} of {self.total} checks done"
        if self.now is None:
            return line
        return f"{line}; now {self.now.title}, {seconds} s (limit {self.now.limit:g} s)"
