"""One line on the terminal that says what is being checked, gone when it is done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


@contextlib.contextmanager
def live_line(console: Console | None, what: str) -> Iterator[Callable[..., None] | None]:
    """Yields a callback for the judge's `on_test`, or None where there is no terminal to draw on."""
    if console is None or not console.is_terminal:
        yield None
        return
    count = 0
    with console.status(f"{what} ...") as status:

        def on_test(test: Any = None, *_: Any) -> None:
            nonlocal count
            count += 1
            name = getattr(test, "name", "") if not getattr(test, "hidden", False) else "hidden check"
            status.update(f"{what}: {count} done, last {name}")

        yield on_test
