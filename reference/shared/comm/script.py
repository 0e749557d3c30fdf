"""A Python script as the program of each rank; it gets its communicator from `world()`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from reference.shared.comm.communicator import Communicator
from reference.shared.comm.entry import given


def run_script(communicator: Communicator, script: str, arguments: list[str]) -> None:
    """Run a file as __main__, with these arguments. A SystemExit with a code other than 0 is a RuntimeError."""
    given[:] = [communicator]
    sys.argv = [script, *arguments]
    sys.path.insert(0, str(Path(script).parent))
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        if error.code not in (None, 0):
            raise RuntimeError(f"the script ended with sys.exit({error.code!r})") from None
