"""The mutation score of a unit: `autograder/checks/NN_name/mutants.json`, and its words for people.

The file keeps the outcome of each mutant, by its key, and the hash of the checks that decided it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.authoring.mutation.trials import Fate, Trial
from autograder.core.files import write_atomic
from autograder.core.units import CourseError, Unit

NAME = "mutants.json"
SCHEMA = "mlsys/mutants/v1"
NOTICED, IN_PUBLIC = 0.97, 0.90  # the shares of the mutants that must lose a check, and a public one


class Score(BaseModel):
    """The outcome of the mutants of one unit. A mutant that broke a check counts as not noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    graded: int
    noticed: int
    public: int
    equivalent: int  # declared, and not graded
    made: int  # all mutants of the unit, of which a drawn part was graded

    @property
    def holds(self) -> bool:
        """True if enough mutants were noticed."""
        return (
            self.graded > 0
            and self.noticed >= NOTICED * self.graded
            and self.public >= IN_PUBLIC * self.graded
        )

    @property
    def sentence(self) -> str:
        share, public = percent(self.noticed, self.graded), percent(self.public, self.graded)
        return (
            f"{self.noticed} of {self.graded} mutants noticed ({share}; at least {NOTICED:.0%} wanted), {public} by "
            f"public checks (at least {IN_PUBLIC:.0%} wanted); drawn from {self.made}, {self.equivalent} of them "
            "declared equivalent"
        )


@dataclass
class MutationReport:
    """The trials of one unit."""

    unit: Unit
    made: int
    equivalent: int
    trials: list[Trial] = field(default_factory=list)

    @property
    def score(self) -> Score:
        fates = [trial.fate for trial in self.trials]
        public = fates.count(Fate.PUBLIC)
        noticed = public + fates.count(Fate.HIDDEN)
        return Score(
            graded=len(fates), noticed=noticed, public=public, equivalent=self.equivalent, made=self.made
        )

    @property
    def findings(self) -> list[Trial]:
        """The trials to look at: mutants that survived, broke a check, or lost a hidden check only."""
        order = [Fate.BROKE, Fate.SURVIVED, Fate.HIDDEN]
        found = [trial for trial in self.trials if trial.fate in order]
        return sorted(found, key=lambda t: (order.index(t.fate), t.mutant.task, t.mutant.line, t.mutant.now))


def told(trial: Trial) -> str:
    """A finding in words, with its diff."""
    by = f" ({trial.check})" if trial.check else ""
    said = f"\n  said: {trial.message}" if trial.fate is Fate.BROKE else ""
    return f"{trial.mutant.task} {trial.fate}{by}: {trial.mutant.diff}{said}"


def percent(part: int, whole: int) -> str:
    """A share, rounded down: 99.9 is not all."""
    return f"{int(100 * part / whole) if whole else 100} %"


def score_path(unit: Unit) -> Path:
    return unit.checks / NAME


def write_score(report: MutationReport) -> None:
    """Keep the score, with the mutants that no public check noticed."""
    findings = [
        {
            "task": trial.mutant.task,
            "fate": str(trial.fate),
            "check": trial.check,
            "diff": trial.mutant.diff.splitlines(),
        }
        for trial in report.findings
    ]
    content = {
        "schema": SCHEMA,
        "unit": report.unit.slug,
        "score": report.score.model_dump(),
        "findings": findings,
    }
    write_atomic(score_path(report.unit), json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_score(unit: Unit) -> Score | None:
    """The kept score; None if there is none. Raises CourseError for a file that is not a score of this unit."""
    path = score_path(unit)
    try:
        data = json.loads(path.read_bytes())
        if data["schema"] != SCHEMA or data["unit"] != unit.slug:
            raise ValueError(f"schema {data['schema']}, unit {data['unit']}")
        return Score.model_validate(data["score"])
    except FileNotFoundError:
        return None
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"{path.relative_to(unit.root).as_posix()}: expected a score as ./mlsys prove --mutants writes it, got a "
            f"file that cannot be read ({str(error).splitlines()[0]})\n"
            f"  to fix: remove the file, then ./mlsys prove --mutants {unit.number}"
        ) from None
