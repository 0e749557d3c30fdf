"""One name for one thing in all commands: `--out` is where output goes, `--grades` the gradebooks that are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.cli import COMMANDS

# A report in a second format, the sheet of `mark`, and the trace of `run`, are named by what they are.
BY_KIND = {("check", "--html"), ("check", "--markdown"), ("mark", "--sheet"), ("run", "--trace")}


def options() -> Iterator[tuple[str, Any]]:
    """(command, option) of every command and of the commands inside a group."""
    for lazy in COMMANDS:
        loaded = lazy.load()
        for command in getattr(loaded, "commands", {lazy.name: loaded}).values():
            for option in command.params:
                yield str(lazy.name), option


def test_output_goes_to_out():
    written = {(name, option.opts[0]) for name, option in options() if writes(option)}
    assert {option for _, option in written - BY_KIND} == {"--out"}
    assert {name for name, _ in written - BY_KIND} == {
        "bench", "classroom50", "export", "merge", "release", "similarity", "slides"
    }  # fmt: skip


def writes(option: Any) -> bool:
    """True for the place of a command's output, by its help."""
    told = str(getattr(option, "help", "") or "")
    starts = ("Write ", "Also write ", "The folder to write", "The page to write", "The folder for")
    return getattr(option, "metavar", "") in ("DIR", "FILE") and told.startswith(starts)


def test_gradebooks_are_written_to_out_and_read_from_grades():
    books = {}
    for name, option in options():
        if getattr(option, "help", "") == "The folder of the gradebooks.":
            books.setdefault(option.opts[0], set()).add(name)
    assert books == {
        "--out": {"collect", "grade"},
        "--grades": {"export", "feedback", "mark", "similarity"},
    }
