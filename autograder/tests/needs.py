"""What a test needs from the system. Absent: the test is skipped and says why; with CI=true it fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI, where everything must be there."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"CI must have this: {reason}", pytrace=False)
    pytest.skip(reason)


def need_sandbox() -> None:
    from autograder.judge.sandbox.plan import available

    works, reason = available()
    if not works:
        absent(reason)


def need_browser() -> Path:
    """The browser to drive."""
    from autograder.core.browser import FIX_BROWSER, find_browser

    path = find_browser()
    if path is None:
        absent(f"no Chromium: {FIX_BROWSER}")
    return path


def need_marp(root: Path) -> Path:
    """The `marp` program, installed if it was not."""
    from autograder.authoring.slides import NotInstalledError, ensure_marp

    try:
        return ensure_marp(root)
    except NotInstalledError as error:
        absent(str(error))
