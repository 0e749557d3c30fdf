"""The frame of this course without any unit, in a temporary folder: where a new unit may be made."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from autograder.authoring.proof_pages import with_proofs
from autograder.authoring.readme import NUMBERED
from autograder.core.units import Unit, find_units
from autograder.tests.tree import copy_tree


def make_frame(to: Path) -> Path:
    """A copy of this repository without its units, also in its README."""
    root = copy_tree(to)
    for unit in find_units(root):
        parts = unit.parts() | {"assignment": unit.assignment}
        record = root / "reference/benchmarks/records" / f"{unit.name}.json"
        for path in (*parts.values(), record):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    assert find_units(root) == []
    readme = root / "README.md"
    lines = readme.read_text().splitlines(keepends=True)
    readme.write_text(with_proofs("".join(line for line in lines if not NUMBERED.match(line)), root))
    return root


def contents(root: Path) -> dict[str, str]:
    """Path -> hash of every file outside of build/."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "build" not in path.relative_to(root).parts and "__pycache__" not in path.parts
    }


def complete(unit: Unit) -> bool:
    """True when every part is there, and the README names the unit once in each table."""
    readme = (unit.root / "README.md").read_text()
    rows = readme.count(f"| {unit.number} | "), readme.count(f"| [{unit.slug}](autograder/checks/")
    return all(path.exists() for path in unit.parts().values()) and rows == (1, 1)


def nothing_left(root: Path) -> bool:
    """True when the folder in which units are made is empty."""
    return list((root / "build/new-unit").iterdir()) == []
