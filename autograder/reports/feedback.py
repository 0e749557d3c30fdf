"""Push each student's report to the `feedback` branch of their repository."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from autograder.core.manifest import Manifest
from autograder.reports import html, markdown
from autograder.reports.branch import Tree, push_files
from autograder.reports.names import folder_names
from autograder.reports.view import clean
from autograder.roster.git import FetchLimits, GitError
from autograder.roster.standing import Person, Standing, Standings

BRANCH = "feedback"
LIMITS = FetchLimits(megabytes=50, seconds=60)
README = """# Feedback

Your instructor's reports, one folder for each unit. Open `README.md` there, or download `report.html` and open it in a
browser. The grader writes only to this branch; it never touches your other branches.
"""


@dataclass(frozen=True)
class Delivery:
    """The outcome for one repository: "pushed", "unchanged", or "failed" with the reason."""

    people: tuple[str, ...]
    repository: str
    outcome: str
    reason: str = ""


def by_repository(standings: Standings, roster: tuple[Person, ...] = ()) -> dict[str, list[Standing]]:
    """Repository -> the people who share it. A roster's addresses override those of the grading."""
    moved = {person.id: person.repository for person in roster}
    found: dict[str, list[Standing]] = {}
    for each in standings.people:
        if roster and each.person.id not in moved:
            continue
        found.setdefault(moved.get(each.person.id, each.person.repository), []).append(each)
    return found


def report_tree(unit: str, people: list[Standing], manifest: Manifest) -> Tree:
    """The files of the branch: a group's members have a folder each."""

    def pages(each: Standing) -> Tree:
        return {
            "README.md": markdown.standing_markdown(each, unit).encode(),
            "report.html": html.standing_page(each, unit, manifest).encode(),
        }

    names = folder_names(each.person.id for each in people)
    inside = pages(people[0]) if len(people) == 1 else {names[p.person.id]: pages(p) for p in people}
    return {"README.md": README.encode(), unit: inside}


def deliver(
    standings: Standings, manifest: Manifest, roster: tuple[Person, ...] = (), *, workers: int = 8
) -> Iterator[Delivery]:
    """Push every report, and yield each repository's outcome when it is done. A failure does not stop the rest."""
    with ThreadPoolExecutor(workers) as pool:
        jobs = by_repository(standings, roster)
        waiting = [pool.submit(deliver_one, each, jobs[each], standings, manifest) for each in jobs]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def deliver_one(
    repository: str, people: list[Standing], standings: Standings, manifest: Manifest
) -> Delivery:
    ids = tuple(each.person.id for each in people)
    message = f"Feedback on {standings.unit}"
    try:
        files = report_tree(standings.unit, people, manifest)
        return Delivery(ids, repository, push_files(repository, BRANCH, files, message, LIMITS))
    except GitError as error:
        return Delivery(ids, repository, "failed", clean(str(error), limit=500))
