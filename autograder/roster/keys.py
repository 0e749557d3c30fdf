"""The name of a gradebook entry: a hash of everything that decides what the result is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.units import Unit
from autograder.judge.intake import given_files
from autograder.judge.provenance import grader
from autograder.roster.snapshot import Snapshot

JUDGE = Path(__file__).resolve().parents[1] / "judge"


def grader_key(unit: Unit, manifest: Manifest, *, gpu: bool = False) -> str:
    """SHA-256 (hexadecimal) of the checks, the manifest, the judge, what it hands out, and the pinned versions.

    gpu: whether submissions may use one: the same points are expected, but it is another grading.
    """
    digest = hashlib.sha256()
    digest.update(grader(unit).model_dump_json().encode())
    for name, content in sorted(given_files(unit, manifest).items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    for path in parts(unit):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(b"gpu" if gpu else b"")
    return digest.hexdigest()


def parts(unit: Unit) -> Iterator[Path]:
    """The judge, the pins, and the code of the reference that a sandbox of this unit can see."""
    yield from sorted(JUDGE.rglob("*.py"))
    pins = unit.root / "constraints.txt"
    if pins.is_file():
        yield pins
    for package in unit.visible_packages(own=True):
        yield from sorted(package.rglob("*.py"))


def entry_key(snapshot: Snapshot, grader_key: str, seed: int) -> str:
    """SHA-256 (hexadecimal) that names the entry of one submission."""
    return hashlib.sha256(f"{snapshot.sha256}/{grader_key}/{seed}".encode()).hexdigest()
