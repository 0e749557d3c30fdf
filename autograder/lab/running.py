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
    now: Started | None = None
    since: float = field(default_factory=time.monotonic)

    def on_start(self, started: Started) -> None:
        self.now, self.since = started, time.monotonic()

    def on_test(self, _test: TestResult | None = None) -> None:
        self.done, self.now, self.since = self.done + 1, None, time.monotonic()

    def text(self) -> str:
        """ "checking 01: 3 done; now 01.1 python_loops: squares, 4 s (limit 10 s)" """
        seconds = int(time.monotonic() - self.since)
        if self.now is None:
            return (
                f"checking {self.name}: {f'{self.done} done' if self.done else f'getting ready, {seconds} s'}"
            )
        before = f"{self.done} done; " if self.done else ""
        return f"checking {self.name}: {before}now {self.now.title}, {seconds} s (limit {self.now.limit:g} s)"
