"""On a machine with Python, git and the pinned packages only, the tests pass: what needs more is skipped and says why.

The type check with the same packages is in test_house_rules.py.
"""

from __future__ import annotations

import os
import re
import subprocess
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from autograder.core.units import course_root
from autograder.tests.pinned import COURSE, pins, what_the_launcher_installs, without_programs

LIST = """
from importlib.metadata import distributions
for each in distributions(): print(each.metadata["Name"], each.version)
"""
# Tests of each program that may be missing, and words of the reason for which they are skipped.
SKIPPED = {
    "test_a_cluster_that_is_not_there": "ray is not installed",
    "test_shared_bytes": "nvrtc",
    "test_status and test_outcomes": "bubblewrap",
    "test_report_pages": "no Chromium",
    "test_a_deck_of_two_slides": "Node.js",
}


def test_the_environment_holds_the_pinned_packages_and_nothing_else(pinned_python: Path):
    done = subprocess.run([pinned_python, "-P", "-c", LIST], capture_output=True, text=True, check=True)
    found = dict(line.split() for line in done.stdout.splitlines())
    found = {canonicalize_name(name): version for name, version in found.items()}
    here = {canonicalize_name(each.metadata["Name"]) for each in distributions()}
    assert set(found) == what_the_launcher_installs() & here
    assert {"numpy", "torch", COURSE} <= set(found)
    assert "ray" not in found
    pinned = {name: pin.specifier for name, pin in pins().items() if name in found}
    assert [name for name, wanted in pinned.items() if found[canonicalize_name(name)] not in wanted] == []


@pytest.mark.slow
def test_everything_is_collected_and_what_needs_more_is_skipped_with_its_reason(
    pinned_python: Path, tmp_path: Path
):
    environment = {
        name: value for name, value in os.environ.items() if name not in {"CI", "CHROME_PATH", "PYTHONPATH"}
    }
    environment["PATH"] = without_programs(tmp_path / "bin", os.environ["PATH"])
    chosen = " or ".join(f"({words})" for words in SKIPPED)
    command = [pinned_python, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-k", chosen]
    done = subprocess.run(command, cwd=course_root(), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    reasons = re.findall(r"^SKIPPED \[\d+\] \S+ (.+)$", done.stdout, re.MULTILINE)
    for words in SKIPPED.values():
        assert any(words in reason for reason in reasons), f"{words}: {reasons}"
    left = re.search(r"(\d+) deselected", done.stdout)
    assert left, "the whole repository is collected"
    assert int(left[1]) > 1000
