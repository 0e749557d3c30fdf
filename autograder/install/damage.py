"""Find damage in the environment of this process, after the import of a package failed."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from autograder.install.shared import LINK
from autograder.install.verify import findings


def damaged(root: Path) -> dict[str, str]:
    """Package -> its problem, for the interpreter that runs this."""
    home = Path(sys.prefix)
    return findings(root, [home, home / LINK])


def told(root: Path, error: ImportError) -> str:
    """A message for an import that failed because of the environment; "" if the environment is complete.

    Then the next start checks every package, and installs the damaged ones again.
    """
    found = damaged(root)
    if not found:
        return ""
    with contextlib.suppress(OSError):
        (root / ".venv" / "ready").unlink(missing_ok=True)
    name, wrong = next(iter(found.items()))
    more = f", and {len(found) - 1} more packages" if len(found) > 1 else ""
    return (
        f"the environment in .venv is damaged ({error}): {name}: {wrong}{more}\n"
        "  to fix: run the same command again; it installs damaged packages again"
    )
