"""Compiled kernels that stay from one test of a submission to the next, and how much of them may stay.

Compiling takes seconds, so the tests of one submission share the caches of numba and Triton. But a test could leave
anything there, for a later test or to fill the disk: only files that look like the compiler's own stay, up to a limit.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

VARIABLES = ("NUMBA_CACHE_DIR", "TRITON_CACHE_DIR")
NUMBAS = {".nbi", ".nbc"}  # an index, and the code
MOST_BYTES, MOST_FILES = 64 << 20, 1000


def folders() -> list[Path]:
    """The folders of the caches in this environment."""
    return [Path(os.environ[name]) for name in VARIABLES if name in os.environ]


def trim() -> None:
    """Remove what is no compiled kernel, and a whole cache above a limit. Raises OSError."""
    for name in VARIABLES:
        cache = Path(os.environ.get(name) or "/nonexistent")
        if cache.is_symlink() or cache.is_file():
            cache.unlink()
        elif cache.is_dir() and not small(cache, NUMBAS if name == VARIABLES[0] else set()):
            shutil.rmtree(cache)


def small(cache: Path, suffixes: set[str]) -> bool:
    """Remove the files without one of these suffixes (none: keep all); False if the rest is above a limit."""
    size = count = 0
    for folder, names, files in os.walk(cache):
        for name in [*names, *files]:
            path = Path(folder, name)
            count += 1
            if count > MOST_FILES:
                return False
            status = path.lstat()
            odd = path.is_symlink() or (name in files and suffixes and path.suffix not in suffixes)
            if odd or (name in files and not path.is_file()):
                path.unlink()
                continue
            size += status.st_blocks * 512 if name in files else 0
    return size <= MOST_BYTES
