"""Say where work is that lies in an unexpected place, and offer it as a submission, which the instructor may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.units import Unit
from autograder.judge.submission import Entry, Submission
from autograder.roster.committed import blob_id, blobs, of_commit, tree
from autograder.roster.elsewhere import (
    MOST_FILES,
    Found,
    FoundWork,
    files_in,
    is_hollow,
    may_hold_work,
    search,
    told,
)
from autograder.roster.git import GitError
from autograder.roster.mirror import Mirror
from autograder.roster.receipts import Receipt

NOTHING = Submission(())
SURE = 4  # places of this rank or above say little beside graded files


@dataclass(frozen=True)
class Offer:
    """Work elsewhere. text: what was expected and found, "" if nothing is open; submission: what can be taken."""

    text: str = ""
    submission: Submission | None = None
    commit: str = ""
    received: datetime | None = None


@dataclass(frozen=True)
class Seeker:
    """The search for one unit. released: path -> blob id of the files that were handed out."""

    unit: Unit
    manifest: Manifest
    released: dict[str, str]

    def missing(self, submission: Submission) -> set[str]:
        """The modules without work in the expected place; none if what is there is refused anyway."""
        if submission.refusal:
            return set()
        return set(self.manifest.modules) - {entry.name for entry in self.written(submission)}

    def written(self, submission: Submission) -> list[Entry]:
        """The files with work: not blank, no pointer of Git LFS, and not as they were handed out."""
        return [each for each in submission.entries if not is_hollow(each.data, self.starters)]

    @cached_property
    def starters(self) -> set[str]:
        """Blob ids of the unit's files as they were handed out."""
        home = f"assignments/{self.unit.slug}/"
        told = {blob for path, blob in self.released.items() if path.startswith(home)}
        return told | {blob_id(path.read_bytes()) for path in self.unit.assignment.glob("*.py")}

    def in_folder(self, folder: Path, submission: Submission) -> Offer:
        """Work elsewhere in a folder of this machine."""
        missing = self.missing(submission)
        if not missing:
            return Offer()
        places = self.places(lambda: files_in(folder, self.unit), submission, missing)
        return Offer(self.sentence(submission, missing, places), self.filled(submission, places))

    def in_commits(
        self, mirror: Mirror, submission: Submission, commit: str, branches: list[Receipt]
    ) -> Offer:
        """Work elsewhere in a commit ("": the default branch does not exist), or in the tips of branches."""
        missing = self.missing(submission)
        if not missing:
            return Offer()
        places = (
            self.places(lambda: files_of(mirror, commit, self.unit), submission, missing) if commit else []
        )
        offer = Offer("", self.filled(submission, places), commit)
        for receipt in branches:
            if offer.submission is not None or receipt.commit == commit:
                continue
            found, places_there = self.in_branch(mirror, receipt, missing, submission)
            places += places_there
            if found is not None:
                offer = Offer("", found, receipt.commit, receipt.at)
        names = list(dict.fromkeys(receipt.branch for receipt in branches))
        return replace(offer, text=self.sentence(submission, missing, places, names))

    def in_branch(
        self, mirror: Mirror, receipt: Receipt, missing: set[str], base: Submission
    ) -> tuple[Submission | None, list[FoundWork]]:
        """The submission `base` with the missing files of a branch, and the places of those."""
        submission = of_commit(mirror, receipt.commit, self.unit, self.manifest)
        there = {entry.name: entry for entry in self.written(submission) if entry.name in missing}
        if there:
            return self.with_entries(base, there), [FoundWork(f"branch {receipt.branch}: {', '.join(there)}")]
        places = self.places(lambda: files_of(mirror, receipt.commit, self.unit), submission, missing)
        named = [replace(place, text=f"branch {receipt.branch}: {place.text}") for place in places]
        return self.filled(base, places), named

    def places(
        self, files: Callable[[], Iterator[Found]], submission: Submission, missing: set[str]
    ) -> list[FoundWork]:
        try:
            found = search(files(), self.unit, self.manifest, missing, self.starters)
        except GitError as error:
            return [FoundWork(f"a tree that cannot be searched ({error})")] if submission.empty else []
        return [place for place in found if submission.empty or place.rank < SURE]

    def filled(self, submission: Submission, places: list[FoundWork]) -> Submission | None:
        """The submission with the files that were found elsewhere; None if none of them can be graded."""
        best: dict[str, Found] = {}
        for place in places:
            if place.file is not None:
                best.setdefault(place.module, place.file)
        if not best:
            return None
        return self.with_entries(
            submission, {name: Entry(name, "file", file.read()) for name, file in best.items()}
        )

    def with_entries(self, submission: Submission, new: dict[str, Entry]) -> Submission:
        """The submission with these files in addition, or in place of its own."""
        entries = [*(each for each in submission.entries if each.name not in new), *new.values()]
        entries.sort(key=lambda entry: self.manifest.modules.index(entry.name))
        return replace(submission, entries=tuple(entries))

    def sentence(
        self,
        submission: Submission,
        missing: set[str],
        places: list[FoundWork],
        branches: list[str] | None = None,
    ) -> str:
        """A sentence with the files that were expected and the places of work; "" if there is nothing to say."""
        if not places and not submission.empty:
            return ""
        names = [name for name in self.manifest.modules if name in missing]
        expected = (
            names[0] if len(names) == 1 else f"{', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
        )
        seen = f" (branches: {', '.join(branches[:5])})" if branches else ""
        found = told(places) or f"nothing of this unit in any folder{seen}"
        return f"expected {expected} in work/{self.unit.slug}/ or at the top; found {found}"


def files_of(mirror: Mirror, commit: str, unit: Unit) -> Iterator[Found]:
    """The files of a commit that may hold work. Raises GitError."""
    for path, entry in list(tree(mirror, commit).items())[:MOST_FILES]:
        kind = {"120000": "link", "160000": "submodule"}.get(entry.mode, "file")
        if kind != "file" or may_hold_work(path, unit):
            yield Found(path, entry.size, lambda sha=entry.sha: blobs(mirror, [sha])[0], kind)
