"""Progress bars for work on a whole class, drawn only on a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.roster.collect import repositories
from autograder.roster.engines import Done
from autograder.roster.standing import Person


def bar(console: Console) -> Progress:
    """A bar with a count and an estimate of the time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[last]}"),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


@contextlib.contextmanager
def fetching(console: Console, people: tuple[Person, ...]) -> Iterator[Callable[[str, str], None]]:
    """Yields the callback that `collect` calls with each repository when it is done."""
    with bar(console) as progress:
        task = progress.add_task("fetching", total=len(repositories(people)), last="")

        def on_done(_address: str, trouble: str) -> None:
            progress.update(task, advance=1, last="one could not be fetched" if trouble else "")

        yield on_done


@contextlib.contextmanager
def grading(console: Console) -> Iterator[Callable[[int, int], Callable[[Done], None]]]:
    """Yields the `progress` of a grading: called with the number of entries, it returns a callback for each entry."""
    with bar(console) as progress:

        def start(total: int, known: int) -> Callable[[Done], None]:
            task = progress.add_task("grading", total=total, completed=known, last="")

            def on_done(done: Done) -> None:
                failed = done.result is None or done.result.needs_regrade
                progress.update(task, advance=1, last="the grader failed on one" if failed else "")

            return on_done

        yield start
