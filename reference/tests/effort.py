"""How many examples the property tests try: all of them, or the share that `./mlsys test` asks for."""

from __future__ import annotations

import os

from hypothesis import settings

SHARE = float(os.environ.get("MLSYS_TEST_EFFORT") or 1)


def tries(full: int = 100) -> settings:
    """The settings of a property test: its share of `full` examples, at least two, and no deadline.

    full: how many the test tries in `./mlsys test --all`, and when you run pytest yourself. How long an example takes
    is no property of the code: the machine may be busy.
    """
    return settings(max_examples=max(2, round(full * SHARE)), deadline=None)
