"""Run pytest in isolation: without configuration, conftest, plugins, cache or environment variables."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest

UNWANTED = (
    *("cacheprovider", "terminal", "faulthandler", "warnings", "logging", "doctest", "junitxml", "pastebin"),
    *("debugging", "unittest", "threadexception", "unraisableexception"),
)
OPTIONS = (
    *("-c", os.devnull, "--noconftest", "--disable-plugin-autoload", "--import-mode=importlib", "-s"),
    "--assert=plain",  # pytest's explanation of two long texts that differ can take hours: see plugin.reason
    "--continue-on-collection-errors",  # one broken file of checks must not silence the others
    *(part for name in UNWANTED for part in ("-p", f"no:{name}")),
)


def run_pytest(checks: Path, files: list[Path], plugin: object) -> None:
    """Run these check files of the folder `checks` in this process, with only this plugin.

    Changes the working directory to that folder: pytest reads "[" and "$" in an absolute path as its own syntax.
    """
    with bare_environment(), imports_from(checks), contextlib.chdir(checks):
        pytest.main([*OPTIONS, "--rootdir", ".", *(file.name for file in files)], plugins=[plugin])


@contextlib.contextmanager
def bare_environment() -> Iterator[None]:
    """Remove the environment variables that change pytest.

    CI and BUILD_NUMBER make it explain a comparison of long texts in full, which takes minutes.
    """
    orders = ("PYTEST_", "PY_COLORS", "CI", "BUILD_NUMBER")
    kept = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(orders[:2]) or name in orders
    }
    try:
        yield
    finally:
        for name in [n for n in os.environ if n.startswith("PYTEST_")]:
            del os.environ[name]
        os.environ.update(kept)


@contextlib.contextmanager
def imports_from(checks: Path) -> Iterator[None]:
    """Let checks import the files beside them, and forget these modules afterwards: an edit counts next time.

    A module of the same name that this process has imported already, from another unit or from its own tests, is
    removed for this time: pytest would take it for the check file.
    """
    names = {path.stem for path in checks.glob("*.py")}
    aside = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
    finder = ByContent(checks, names)
    sys.meta_path.insert(0, finder)
    sys.path.insert(0, str(checks))
    before = set(sys.modules)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.path.remove(str(checks))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if name.startswith("test_") or Path(file).is_relative_to(checks):
                del sys.modules[name]
        sys.modules.update(aside)


class ByContent(MetaPathFinder):
    """A finder of the modules of one folder that compares contents, not dates.

    Python's own cache takes a file for the same if its size and its second of change are: an edit of one digit, within
    a second of the last grading, would not count.
    """

    def __init__(self, folder: Path, names: set[str]) -> None:
        self.folder, self.names = folder, names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname not in self.names:
            return None
        file = str(self.folder / f"{fullname}.py")
        return importlib.util.spec_from_file_location(fullname, file, loader=Uncached(fullname, file))


class Uncached(SourceFileLoader):
    """A loader that neither reads nor writes __pycache__."""

    def get_code(self, fullname: str) -> CodeType:
        del fullname
        return compiled(self.get_data(self.path), self.path)


@functools.lru_cache(maxsize=256)
def compiled(source: bytes, path: str) -> CodeType:
    return compile(source, path, "exec", dont_inherit=True)
