"""One line on the terminal that shows the running check, and disappears at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from autograder.lab.running import Running


@contextlib.contextmanager
def live_line(console: Console, what: str) -> Iterator[Running]:
    """Yields the receiver of the judge's events; draws them, with the seconds, if there is a terminal."""
    running = Running(what)
    if not console.is_terminal:
        yield running
        return
    spinner = Spinner("dots")

    def line() -> Spinner:
        spinner.update(text=Text(running.text(), overflow="ellipsis", no_wrap=True))
        return spinner

    with Live(get_renderable=line, console=console, transient=True, refresh_per_second=8):
        yield running
