"""A pytest plugin that selects the tests of a run of `./mlsys test`, and records their durations.

    python -m pytest -p autograder.authoring.testing.selection --part alone --shard 2/6 ...

Without its options it selects everything. The tests' objects are frozen once they are collected: a garbage collection
walks through half a million of them otherwise, for a third of a second, and hostile gradings ask for two each.
"""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest

from autograder.authoring.testing import durations

PARTS = ("together", "alone")


def pytest_addoption(parser: pytest.Parser) -> None:
    options = parser.getgroup("mlsys", "selection of ./mlsys test")
    options.addoption(
        "--leave-out", action="append", default=[], metavar="MARK", help="no tests with this mark"
    )
    options.addoption(
        "--quick", action="store_true", help=f"no tests of {durations.LONG:g} s or more, as recorded"
    )
    options.addoption(
        "--part", choices=PARTS, help="only tests without the mark alone, or only those with it"
    )
    options.addoption(
        "--shard", type=shard, metavar="i/N", help="the i-th of N parts of about the same duration"
    )
    options.addoption("--only-unit", metavar="SLUG", help="only tests of this unit")
    options.addoption("--record", choices=("afresh", "more"), help=f"write {durations.PLACE}")


def shard(text: str) -> tuple[int, int]:
    """'2/6' -> (2, 6). Raises ValueError."""
    number, _, shards = text.partition("/")
    if not (number.isdecimal() and shards.isdecimal() and 1 <= int(number) <= int(shards)):
        raise ValueError(f"expected i/N with 1 <= i <= N, like 2/6\n  got: {text!r}")
    return int(number), int(shards)


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until everything is collected
    if config.getoption("record") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(DurationRecorder(config))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """In the part for tests that run alone, skip the import of a file without such tests."""
    if config.getoption("part") == "alone" and collection_path.name.startswith("test_"):
        return True if "mark.alone" not in collection_path.read_text(encoding="utf-8") else None
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part, slug, quick = (config.getoption(name) for name in ("part", "only_unit", "quick"))
    out: list[str] = config.getoption("leave_out") or []
    wanted = [item for item in items if not any(map(item.get_closest_marker, out))]
    wanted = [item for item in wanted if part is None or is_alone(item) == (part == "alone")]
    if quick:
        known = durations.read(config.rootpath)
        wanted = [item for item in wanted if known.get(item.nodeid, 0) < durations.LONG]
    if slug is not None:
        wanted = [item for item in wanted if of_unit(item.nodeid, slug)]
    shard: tuple[int, int] | None = config.getoption("shard")
    if shard is not None:
        number, shards = shard
        known, alone = durations.read(config.rootpath), part == "alone"
        names = [item.nodeid for item in wanted]
        mine = durations.split(durations.costs_of(names, known, alone=alone), shards)[number - 1]
        wanted = [item for item in wanted if durations.group(item.nodeid, known, alone=alone) in mine]
    kept = set(map(id, wanted))
    if left := [item for item in items if id(item) not in kept]:
        config.hook.pytest_deselected(items=left)
        items[:] = wanted


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def of_unit(test: str, slug: str) -> bool:
    """True if a test's id contains the slug or the name of the unit, as a folder, a file or a parameter."""
    name = slug.partition("_")[2]
    return re.search(rf"(?<![a-zA-Z]){re.escape(name)}(?![a-zA-Z])", test) is not None


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    settle()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is not None and nextitem.path != item.path:
        settle()  # a file of tests has imported more


def settle() -> None:
    """Collect the garbage, and freeze all remaining objects."""
    gc.collect()
    gc.freeze()


class DurationRecorder:
    """Recorder of the duration of each test, including its fixtures; writes the file at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.took: dict[str, float] = {}
        self.alone: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.took[report.nodeid] = self.took.get(report.nodeid, 0.0) + report.duration
        if "alone" in report.keywords:
            self.alone.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        afresh = self.config.getoption("record") == "afresh"
        durations.record(self.config.rootpath, self.took, self.alone, afresh=afresh)
