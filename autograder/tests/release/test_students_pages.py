"""What the pages for students promise is what the manifest and the checks say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit, course_root, find_units
from autograder.release.public_checks import public_check_files

UNITS = [unit for unit in find_units() if unit.manifest.exists()]


def page(unit: Unit) -> str:
    return " ".join((unit.assignment / "README.md").read_text().split())


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_the_points_of_hidden_checks_are_told(unit: Unit):
    manifest, (_, hidden) = unit_manifest(unit), public_check_files(unit)
    points = sum(points for name, (_, points) in manifest.checks.items() if name in hidden)
    told = re.findall(r"[Hh]idden checks give (\d+) of the (\d+) points", page(unit))
    assert told == ([(str(points), str(manifest.points))] if points else [])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_every_time_limit_is_told(unit: Unit):
    manifest = unit_manifest(unit)
    limits = {f"{manifest.limits_for(task).wall_seconds:g} s" for task in manifest.tasks}
    found = re.search(r"runs out of time \(([^)]+)\)", page(unit))
    assert found, "expected: a check that ... runs out of time (10 s) ..."
    assert set(re.findall(r"[\d.]+ s", found[1])) == limits


@pytest.mark.parametrize("patterns", [".gitignore", "autograder/release/student/gitignore"])
def test_what_a_reset_keeps_is_not_for_the_repository(patterns: str, tmp_path: Path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_bytes((course_root() / patterns).read_bytes())
    name = "elsewhere/01_tiny/ops.py.before-reset-12"
    done = subprocess.run(["git", "-C", tmp_path, "check-ignore", "-q", name])
    assert done.returncode == 0
