"""Progress bars for work on a whole class, drawn only on a terminal."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from autograder.roster.collect import repositories
from autograder.roster.engines import Done, Now
from autograder.roster.standing import Person


def bar(console: Console, *more: ProgressColumn) -> Progress:
    """A bar with a count, the time so far, and an estimate of the time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[last]}"),
    )
    return Progress(*columns, *more, console=console, disable=not console.is_terminal, transient=True)


@contextlib.contextmanager
def fetching(console: Console, people: tuple[Person, ...]) -> Iterator[Callable[[str, str], None]]:
    """Yields the callback that `collect` calls with each repository when it is done."""
    with bar(console) as progress:
        task = progress.add_task("fetching", total=len(repositories(people)), last="")

        def on_done(_address: str, trouble: str) -> None:
            progress.update(task, advance=1, last="one could not be fetched" if trouble else "")

        yield on_done


class GradingBar:
    """The progress of a grading: which check runs, for how long; or whom the grading waits for."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.jobs: dict[str, tuple[Now, float]] = {}  # what happens to a job, and since when
        self.said: set[str] = set()

    def __enter__(self) -> GradingBar:
        grading = self

        class Happening(ProgressColumn):
            def render(self, task: Task) -> Text:
                told = "" if task.finished else grading.text()
                return Text(told, style="bright_black", no_wrap=True, overflow="ellipsis")

        self.bar = bar(self.console, Happening())
        self.bar.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def start(self, total: int, known: int) -> Callable[[Done], None]:
        """Told how many entries there are and how many the gradebook has; returns what takes each finished one."""
        task = self.bar.add_task("grading", total=total, completed=known, last="")

        def on_done(done: Done) -> None:
            self.jobs.pop(done.job.key, None)
            failed = done.result is None or done.result.needs_regrade
            self.bar.update(task, advance=1, last="the grader failed on one" if failed else "")

        return on_done

    def watch(self, now: Now) -> None:
        """Told by any thread. Without a terminal, each program that is waited for is named once."""
        self.jobs[now.key] = now, time.monotonic()
        if now.waits and now.text and not self.console.is_terminal and now.text not in self.said:
            self.said.add(now.text)
            self.console.print(f"waiting for cores: {now.text} uses them", markup=False, highlight=False)

    def text(self) -> str:
        """ "01.3 numba_loops: squares, 12 s" """
        jobs = sorted(self.jobs.values(), key=lambda each: (each[0].waits, each[1]))
        if not jobs:
            return ""
        now, since = jobs[0]
        seconds = int(time.monotonic() - since)
        if not now.waits:
            return f"{now.text}, {seconds} s"
        others = f"{now.text} uses them" if now.text else "other submissions use them"
        return f"waiting for cores: {others}, {seconds} s"
