"""Temporary folders that are removed even if their process was killed.

A process holds a lock on its folder while it runs; the kernel releases the lock when the process ends. The next call
of `scratch_folder` removes folders without a lock.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.core.locks import take
from autograder.core.safe_open import open_folder

PREFIX = "mlsys-scratch-"
YOUNG = 60.0  # seconds: a folder of this age may just be about to be locked


@contextmanager
def scratch_folder(what: str) -> Iterator[Path]:
    """Yields a new temporary folder for this process; `what` is a part of its name.

    Costs a listing of the system's temporary folder. Raises OSError if the folder cannot be made.
    """
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-"))
    held = open_folder(folder)
    try:
        take(held)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def sweep() -> None:
    """Remove this user's scratch folders whose processes have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if status.st_uid == os.getuid() and time.time() - status.st_ctime > YOUNG and not in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)


def in_use(folder: Path) -> bool:
    """True if a living process holds the folder. Raises OSError if it is not a folder."""
    held = open_folder(folder, follow=False)
    try:
        return not take(held, wait=False)
    finally:
        os.close(held)
