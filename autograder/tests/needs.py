"""What a test needs from the system. A test without it is skipped and says why.

With CI=true it fails, if the program is one that `.ci/run` installs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

PROMISED = (
    "bubblewrap",
    "chromium",
    "cuda-toolkit",
    "git",
    "npm",
    "ray",
)  # by the names that `.ci/run` installs


def absent(program: str, reason: str) -> NoReturn:
    """Skip the test; in CI, fail it if `.ci/run` promises the program."""
    if program in PROMISED and os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"CI must have this: {reason}", pytrace=False)
    pytest.skip(reason)


def need_sandbox() -> None:
    from autograder.judge.sandbox.plan import available

    works, reason = available()
    if not works:
        absent("bubblewrap", reason)


def need_browser() -> Path:
    """The browser to drive."""
    from autograder.core.browser import FIX_BROWSER, find_browser

    path = find_browser()
    if path is None:
        absent("chromium", f"no Chromium: {FIX_BROWSER}")
    return path


def need_marp(root: Path) -> Path:
    """The `marp` program, installed if it was not."""
    from autograder.authoring.slides import NotInstalledError, ensure_marp

    try:
        return ensure_marp(root)
    except NotInstalledError as error:
        absent("npm", str(error))
