"""One line on the terminal that says what is being checked, gone when it is done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.judge.result import TestResult


@contextlib.contextmanager
def live_line(console: Console | None, what: str) -> Iterator[Callable[[TestResult], None] | None]:
    """Yields a callback for the judge's `on_test`, or None where there is no terminal to draw on."""
    if console is None or not console.is_terminal:
        yield None
        return
    count = 0
    with console.status(f"{what} ...") as status:

        def on_test(test: TestResult) -> None:
            nonlocal count
            count += 1
            name = "a hidden check" if test.hidden else test.name
            status.update(f"{what}: {count} done, the last was {name}")

        yield on_test
