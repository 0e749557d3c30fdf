"""What forces a regrade: an edit of any file that decides a grade, and of no other file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit
from autograder.judge import provenance
from autograder.judge.provenance import grader_key, hash_files, part_files, part_hashes
from autograder.tests.tree import copy_tree

T = TypeVar("T")
Hashes: TypeAlias = Callable[[], dict[str, str]]
UNIT = "01_matmul_cpu"
# Folders and files of the course -> the part whose hash has to change with any file in them.
DECISIVE = {
    "autograder/core": "judge",
    "autograder/judge": "judge",
    "reference/shared": "shared",
    "reference/__init__.py": "shared",
    "reference/lab/matmul_cpu": "lab",
    "reference/lab/napkin": "earlier",
    "reference/napkin": "earlier",
    "reference/matmul_cpu": "solution",
    f"autograder/checks/{UNIT}": "checks",
    f"assignments/{UNIT}/assignment.toml": "manifest",
    "constraints.txt": "pins",
}
IRRELEVANT = (
    "autograder/commands",
    "autograder/reports",
    "autograder/roster",
    f"autograder/checks/{UNIT}/wrong",
    "autograder/checks/02_matmul_gpu",
    "reference/lab/matmul_gpu",
    "reference/matmul_gpu",
    "reference/benchmarks",
    "reference/tests",
    "slides",
    "labs",
)


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """A unit with an earlier one and a later one, in a copy of the course."""
    parts = ("assignments", "autograder", "labs", "reference", "slides")
    root = copy_tree(tmp_path_factory.mktemp("course"), *parts)
    for name in ("constraints.txt", "constraints-gpu.txt"):
        (root / name).write_text("numpy==2.0\n")
    return Unit(UNIT, root)


@pytest.fixture
def hashes(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Hashes:
    """Part -> hash, with the judge of the copy in place of the one that runs."""
    monkeypatch.setattr(provenance, "AUTOGRADER", unit.root / "autograder")
    return lambda: part_hashes(unit)


def files_below(place: Path, *, without: str = "wrong") -> list[Path]:
    if place.is_file():
        return [place]
    return [
        path
        for path in sorted(place.rglob("*"))
        if path.is_file() and not {without, "proof.json", "README.md"} & set(path.parts)
    ]


def edited(path: Path, look: Callable[[], T]) -> T:
    """The value of `look` while one more byte stands at the end of a file."""
    content = path.read_bytes()
    path.write_bytes(content + b"\n")
    try:
        return look()
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(("place", "part"), DECISIVE.items())
def test_an_edit_of_any_file_that_decides_a_grade_changes_its_part(
    unit: Unit, hashes: Hashes, place: str, part: str
):
    before = hashes()
    files = [path for path in files_below(unit.root / place) if path.name not in provenance.PROOFS]
    assert files
    for path in files:
        after = edited(path, hashes)
        changed = {name for name in before if after[name] != before[name]}
        assert changed == {part}, path.relative_to(unit.root)


@pytest.mark.parametrize("place", ["autograder/judge/worker/new.py", "reference/shared/gpu/new.json"])
def test_a_new_file_and_a_new_name_change_the_hash(unit: Unit, hashes: Hashes, place: str):
    path = unit.root / place
    seen = [hashes()]
    path.write_text("x = 1\n")
    seen.append(hashes())
    moved = path.rename(path.with_name(f"other{path.suffix}"))
    seen.append(hashes())
    moved.unlink()
    assert hashes() == seen[0]
    assert len({tuple(each.values()) for each in seen}) == 3


@pytest.mark.parametrize("place", IRRELEVANT)
def test_an_edit_of_any_other_file_changes_nothing(unit: Unit, hashes: Hashes, place: str):
    before = hashes()
    files = files_below(unit.root / place, without="__pycache__")
    assert files
    known = {path for paths in part_files(unit).values() for path in paths}
    assert not known & set(files)
    assert edited(files[0], hashes) == before


def test_a_proof_and_compiled_files_change_nothing(unit: Unit, hashes: Hashes):
    before = hashes()
    made = [unit.checks / "proof.json", unit.checks / "README.md", unit.checks / "wrong" / "new.py"]
    made += [
        unit.root / "autograder/judge/__pycache__/grading.cpython-311.pyc",
        unit.checks / ".ruff_cache/x.py",
    ]
    for path in made:
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    try:
        assert hashes() == before
    finally:
        for path in made:
            path.unlink()


def test_every_part_and_the_gpu_are_in_the_key(unit: Unit, monkeypatch: pytest.MonkeyPatch):
    manifest = unit_manifest(unit)
    keys = {grader_key(unit, manifest), grader_key(unit, manifest, gpu=True)}
    parts = part_hashes(unit)
    for part in parts:
        changed = {**parts, part: "0" * 64}
        monkeypatch.setattr(provenance, "part_hashes", lambda _, changed=changed: changed)
        keys.add(grader_key(unit, manifest))
    assert len(keys) == 2 + len(parts)


def test_the_given_files_of_the_assignment_are_in_the_key(unit: Unit):
    manifest = unit_manifest(unit)
    assert manifest.given
    before = grader_key(unit, manifest)
    assert edited(unit.assignment / manifest.given[0], lambda: grader_key(unit, manifest)) != before


def test_content_cannot_move_between_neighbours_unseen(tmp_path: Path):
    one, two = tmp_path / "a", tmp_path / "b"
    one.write_text("xy")
    two.write_text("")
    before = hash_files([one, two], tmp_path)
    one.write_text("x")
    two.write_text("y")
    assert hash_files([one, two], tmp_path) != before
