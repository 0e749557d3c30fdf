"""`./mlsys prove --mutants` on the miniature course: real gradings, stopped at the first loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.authoring.mutation import trials
from autograder.authoring.mutation.report import MutationReport, Score, read_score, told, write_score
from autograder.authoring.mutation.run import try_mutants
from autograder.authoring.mutation.trials import Fate, Trial
from autograder.core.units import CourseError, Unit, course_root
from autograder.tests.authoring.test_mutants import mutant
from autograder.tests.mini import make_course_with_tools
from autograder.tests.needs import need_sandbox
from autograder.tests.tree import mlsys


def fates(report: MutationReport) -> dict[str, Fate]:
    return {trial.mutant.now.strip(): trial.fate for trial in report.trials}


@pytest.mark.slow
def test_each_mutant_meets_its_end(unit: Unit):
    need_sandbox()
    checks = unit.checks / "test_tiny.py"
    checks.write_text(
        checks.read_text().replace("np.ones(3), 0.0), np.zeros(3)", "np.zeros(3), 2.0), np.zeros(3)")
    )
    report = try_mutants(unit, tasks={"01.2"}, workers=1)
    found = fates(report)
    assert found["out[i] = a[i] + factor"] is Fate.PUBLIC
    assert found["for i in range(n - 1):"] is Fate.PUBLIC
    assert found["out[i] = a[i] = a[i] * factor"] is Fate.SURVIVED  # this course does not look at the operand
    assert [trial.mutant.task for trial in report.trials] == ["01.2"] * len(report.trials)
    score = report.score
    assert (score.graded, score.noticed) == (len(report.trials), len(report.trials) - len(report.findings))
    assert not score.holds


@pytest.mark.slow
def test_what_only_a_hidden_check_notices_and_a_check_that_raises_are_told_apart(unit: Unit):
    need_sandbox()
    checks = unit.checks / "test_tiny.py"
    text = checks.read_text().replace('expect_close(student.call("scale", a, 2.0), 2 * a)', "pass")
    checks.write_text(text)
    found = fates(try_mutants(unit, tasks={"01.2"}, workers=1))
    assert found["out[i] = a[i] + factor"] is Fate.HIDDEN
    checks.write_text(
        text.replace("    pass\n", '    assert student.call("scale", a, 2.0)["no index"] == 0\n')
    )
    first = try_mutants(unit, tasks={"01.2"}, workers=1).findings[0]
    assert first.fate is Fate.BROKE
    assert "the check itself failed: IndexError" in told(first)


@pytest.mark.slow
def test_an_endless_loop_is_noticed_within_the_short_limit(unit: Unit, monkeypatch: pytest.MonkeyPatch):
    need_sandbox()
    monkeypatch.setattr(trials, "LONGEST", 1.0)
    fast = unit.root / "reference/tiny/fast.py"
    loop = "i = 0\n    while i < n:\n        out[i] = a[i] * factor\n        i += 1"
    fast.write_text(fast.read_text().replace("for i in range(n):\n        out[i] = a[i] * factor", loop))
    found = {t.mutant.operator: t for t in try_mutants(unit, tasks={"01.2"}, workers=1).trials}
    assert found["dropped update"].fate is Fate.PUBLIC
    assert "1 s" in found["dropped update"].message


def test_an_entry_without_a_mutant_is_an_error(unit: Unit):
    entry = "[[equivalent]]\nfunction = 'add'\nreason = 'r'\nwas = 'x'\nnow = 'y'\n"
    (unit.checks / "equivalent.toml").write_text(entry)
    with pytest.raises(
        CourseError, match="expected mutants of the current code, got entries without one\n  add: y"
    ):
        try_mutants(unit)


def test_the_bar_is_97_percent_and_90_in_public():
    def score(noticed: int, public: int) -> Score:
        return Score(graded=100, noticed=noticed, public=public, equivalent=0, made=200)

    assert score(97, 90).holds
    assert not score(96, 95).holds
    assert not score(99, 89).holds
    assert not Score(graded=0, noticed=0, public=0, equivalent=9, made=9).holds
    assert "97 of 100 mutants noticed (97 %; at least 97% wanted)" in score(97, 90).sentence


def test_a_score_is_kept_and_a_broken_file_is_refused(unit: Unit):
    report = MutationReport(unit, made=7, equivalent=2)
    report.trials = [
        Trial(mutant(1, "arithmetic"), Fate.PUBLIC, "test_add_sums"),
        Trial(mutant(2, "constant"), Fate.SURVIVED),
    ]
    assert read_score(unit) is None
    write_score(report)
    assert read_score(unit) == Score(graded=2, noticed=1, public=1, equivalent=2, made=7)
    kept = json.loads((unit.checks / "mutants.json").read_text())
    assert [each["fate"] for each in kept["findings"]] == ["survived"]
    (unit.checks / "mutants.json").write_text("{}")
    with pytest.raises(
        CourseError, match=r"mutants\.json: expected a score as ./mlsys prove --mutants writes it"
    ):
        read_score(unit)


@pytest.mark.slow
def test_the_command_shows_survivors_keeps_the_score_and_fails_below_the_bar(tmp_path: Path):
    need_sandbox()
    unit = Unit("01_tiny", make_course_with_tools(tmp_path))
    done = mlsys(unit.root, "prove", "--mutants", "01")
    assert done.returncode == 1, done.stderr
    assert "01.2 survived: fast.py:" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("01_tiny: ")
    assert read_score(unit) is not None
    assert "(public checks: " in (unit.root / "README.md").read_text().partition("proofs:begin")[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mutants", "--sample"], "--mutants and --sample exclude each other"),
        (["01", "--task", "01.1"], "--task needs --mutants"),
        (
            ["--mutants", "--task", "01.1"],
            "--task needs a unit\n  to fix: ./mlsys prove --mutants 01 --task 01.1",
        ),
        (["--mutants", "01", "--task", "01.99"], "has no task '01.99'"),
    ],
)
@pytest.mark.slow
def test_options_that_do_not_fit_are_refused(words: list[str], said: str):
    done = mlsys(course_root(), "prove", *words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
