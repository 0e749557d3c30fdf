"""The record of received work and its times, on the grader's clock.

Git does not record when a push arrived, and students can choose the dates in a commit. So work is received when the
fetch that first brought it began. The duration of a fetch costs nobody; but work that was not fetched was not
received. Run `./mlsys collect` from cron, at least at the deadline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.core.append_log import Journal
from autograder.roster.git import FetchLimits
from autograder.roster.mirror import EmptyError, Mirror, TooLargeError


@dataclass(frozen=True)
class Receipt:
    """The tip of the default branch at a time, or of the branch with this name."""

    at: datetime
    commit: str
    branch: str = ""


@dataclass(frozen=True)
class Refusal:
    """A repository above the size limit at a time."""

    at: datetime
    why: str


@dataclass(frozen=True)
class Look:
    """One collection of the class, from its first fetch to its last, and the repositories that it missed."""

    began: datetime
    until: datetime
    missed: frozenset[str]


class Store:
    """OUT/repositories: a mirror for each repository, and the record."""

    def __init__(self, home: Path, limits: FetchLimits | None = None) -> None:
        self.home, self.limits = home, limits or FetchLimits()
        self.journal = Journal(home / "received.jsonl")
        self.receipts: dict[str, list[Receipt]] = {}
        self.branches: dict[str, list[Receipt]] = {}  # only where the default branch lacks work
        self.refusals: dict[str, list[Refusal]] = {}
        self.looks: list[Look] = []
        for event in self.journal:
            self.load(event)

    def load(self, event: dict[str, Any]) -> None:
        """Read one line of the record; ignores a line that this version does not know."""
        try:
            at = datetime.fromisoformat(event["at"])
            if event["event"] == "received":
                self.receipts.setdefault(event["repository"], []).append(Receipt(at, event["commit"]))
            elif event["event"] == "branch":
                receipt = Receipt(at, event["commit"], event["branch"])
                self.branches.setdefault(event["repository"], []).append(receipt)
            elif event["event"] == "refused":
                self.refusals.setdefault(event["repository"], []).append(Refusal(at, event["why"]))
            elif event["event"] == "collected":
                until = datetime.fromisoformat(event["until"])
                self.looks.append(Look(at, until, frozenset(event["missed"])))
        except (KeyError, TypeError, ValueError):
            return

    def mirror(self, address: str) -> Mirror:
        return Mirror(self.home, address, self.limits)

    def of(self, address: str) -> list[Receipt]:
        """Every recorded change of the tip, in order."""
        return self.receipts.get(address, [])

    def collect(self, address: str, at: datetime) -> None:
        """Fetch one repository and record its tip if it changed. Raises FetchError.

        If its default branch does not exist (HEAD names `master`, the work is in `main`), fetch the others.
        """
        mirror = self.mirror(address)
        with mirror.locked() as lock:
            try:
                mirror.fetch(at, lock)
            except TooLargeError as error:
                self.refuse(address, Refusal(at, str(error)))
                raise
            except EmptyError:
                if not self.record_branches(mirror, at, lock):
                    raise
            finally:
                if mirror.folder.exists():  # also what a killed run left
                    self.record(mirror)

    def collect_branches(self, address: str, at: datetime) -> None:
        """Fetch and record the tips of all branches: the default branch lacks files of the unit."""
        mirror = self.mirror(address)
        with mirror.locked() as lock:
            if mirror.folder.exists():
                self.record_branches(mirror, at, lock)

    def record_branches(self, mirror: Mirror, at: datetime, lock: int) -> bool:
        """Record the tips of branches that are new; False if there are no branches."""
        known = self.branches.setdefault(mirror.address, [])
        fetched = mirror.fetch_branches(lock)
        for branch, commit in fetched:
            if not any((each.branch, each.commit) == (branch, commit) for each in known):
                told = {"repository": mirror.address, "branch": branch, "commit": commit}
                self.journal.append("branch", at=at.isoformat(), **told)
                known.append(Receipt(at, commit, branch))
        return bool(fetched)

    def refuse(self, address: str, refusal: Refusal) -> None:
        """Record the first of several equal refusals."""
        known = self.refusals.setdefault(address, [])
        if not known or known[-1].why != refusal.why:
            self.journal.append("refused", at=refusal.at.isoformat(), repository=address, why=refusal.why)
            known.append(refusal)

    def record(self, mirror: Mirror) -> None:
        """Add the fetched tips to the record."""
        known = self.receipts.setdefault(mirror.address, [])
        for at, commit in mirror.incoming():
            if not known or known[-1].commit != commit:
                moment = at.isoformat()
                self.journal.append("received", at=moment, repository=mirror.address, commit=commit)
                known.append(Receipt(at, commit))
            mirror.keep(at, commit)
