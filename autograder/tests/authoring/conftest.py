"""Fixtures of the tests of proofs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring import prove as module
from autograder.core.units import Unit
from autograder.judge import provenance
from autograder.tests.authoring.stand_in import Grader


@pytest.fixture
def grader(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Grader:
    """Two tasks, each with the tests of its own file; no sandbox."""
    text = (unit.checks / "test_tiny.py").read_text()
    head, middle, tail = text.partition('@pytest.mark.task("01.2")\ndef test_scale_multiplies')
    imports = head.partition("def numbers")[0]
    (unit.checks / "test_tiny.py").write_text(head)
    (unit.checks / "test_scale.py").write_text(imports + middle + tail)
    made = Grader(unit)
    monkeypatch.setattr(module, "grade_cases", made)
    return made


@pytest.fixture
def judge(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The judge's code, in a place where a test may edit it."""
    for folder in ("core", "judge", "release"):
        path = unit.root / "autograder" / folder / "code.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    monkeypatch.setattr(provenance, "AUTOGRADER", unit.root / "autograder")
    return unit.root / "autograder"
