"""Show proofs to readers: a page beside each unit's checks, and one line a unit in the README."""

from __future__ import annotations

from pathlib import Path

from autograder.authoring.cases import STARTER
from autograder.authoring.mutation.report import percent, read_score
from autograder.authoring.proof_state import ProofState, RowState, proof_state
from autograder.core.files import write_atomic
from autograder.core.units import CourseError, Unit, find_units
from autograder.release.public_checks import public_check_files

BEGIN, END = "<!-- proofs:begin -->", "<!-- proofs:end -->"
PAGE = """# {slug}: what the checks catch

The starter gets no points, the reference all of them, and a wrong solution in `wrong/` loses the tests that it names.
`./mlsys prove {number}` grades them and writes this page from `proof.json`. Do not edit it.

| submission | points | loses | the mistake |
|---|---|---|---|
"""
TABLE = """| unit | tasks | checks | hidden points | wrong solutions | all caught | mutants noticed |
|---|---|---|---|---|---|---|
"""


def page_path(unit: Unit) -> Path:
    return unit.checks / "README.md"


def checks_page(state: ProofState) -> str:
    """The page of one unit: one line for each submission."""
    head = PAGE.format(slug=state.unit.slug, number=state.unit.number)
    return head + "".join(page_line(row) for row in state.rows)


def page_line(row: RowState) -> str:
    if row.proved is None:
        return f"| {row.case.name} | not proved | | {row.case.why} |\n"
    outcome = row.proved.outcome(row.case)
    lost = f"`{'`, `'.join(outcome.lost)}`" if outcome.lost else "nothing"
    if row.case.name == STARTER and outcome.holds:
        lost = "every check"
    return f"| {row.case.name} | {outcome.points} of {outcome.max_points} | {lost} | {row.case.why} |\n"


def readme_line(unit: Unit) -> str:
    """The unit's line in the README. Raises CourseError."""
    state = proof_state(unit)
    manifest = state.manifest
    _, hidden = public_check_files(unit)
    points = sum(points for name, (_, points) in manifest.checks.items() if name in hidden)
    wrong = sum(row.case.wrong is not None for row in state.rows)
    proved = sum(row.proved is not None and row.proved.outcome(row.case).holds for row in state.rows)
    caught = "yes" if proved == len(state.rows) else f"{proved} of {len(state.rows)} rows proved"
    link = f"[{unit.slug}]({page_path(unit).relative_to(unit.root).as_posix()})"
    cells = (
        *(link, len(manifest.tasks), len(manifest.checks), f"{points} of {manifest.points}"),
        *(wrong, caught, mutants_noticed(unit)),
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def mutants_noticed(unit: Unit) -> str:
    """The unit's mutation score in a few words."""
    score = read_score(unit)
    if score is None:
        return "not measured"
    noticed, public = percent(score.noticed, score.graded), percent(score.public, score.graded)
    return f"{noticed} of {score.graded} (public checks: {public})"


def proved_units(root: Path) -> list[Unit]:
    """The units that have an assignment."""
    return [unit for unit in find_units(root) if unit.manifest.exists()]


def with_proofs(text: str, root: Path) -> str:
    """The README's text with a line for every unit of the course at `root`. Raises CourseError without the marks."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise CourseError(f"README.md: expected the marks {BEGIN} and {END}")
    lines = "".join(readme_line(unit) for unit in proved_units(root))
    return f"{head}{BEGIN}\n{TABLE}{lines}{END}{tail}"


def write_pages(unit: Unit) -> list[str]:
    """Update the unit's page and the README; returns the names of the changed files. Raises CourseError."""
    readme = unit.root / "README.md"
    wanted = {page_path(unit): checks_page(proof_state(unit))}
    if readme.is_file():
        wanted[readme] = with_proofs(readme.read_text(encoding="utf-8"), unit.root)
    changed = []
    for path, text in wanted.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_atomic(path, text)
            changed.append(path.relative_to(unit.root).as_posix())
    return changed


def page_problems(unit: Unit) -> list[str]:
    """Messages about the unit's page and README line that do not show its proof. Raises CourseError."""
    page = page_path(unit)
    fix = f"\n  to fix: ./mlsys prove {unit.number}"
    found = []
    if not page.is_file() or page.read_text(encoding="utf-8") != checks_page(proof_state(unit)):
        found.append(f"{page.relative_to(unit.root).as_posix()}: expected the rows of the proof{fix}")
    readme = (unit.root / "README.md").read_text(encoding="utf-8")
    if readme_line(unit) not in readme.partition(BEGIN)[2].partition(END)[0]:
        found.append(f"README.md: expected the line\n    {readme_line(unit).strip()}{fix}")
    return found
