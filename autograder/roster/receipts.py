"""The record of what was received, and when: the grader's own, on the grader's clock.

Plain git tells nobody when a push arrived, and the dates in a commit are the student's to choose. So
"received" means: the moment at which the fetch began that first brought it. Nobody loses by the time that a
fetch takes; but what nobody fetched was not received. Run `./mlsys collect` from cron, at the deadline at least.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.core.append_log import Journal
from autograder.roster.git import Limits
from autograder.roster.mirror import Mirror, TooLargeError


@dataclass(frozen=True)
class Receipt:
    """At this time the tip of the default branch was this commit."""

    at: datetime
    commit: str


@dataclass(frozen=True)
class Refusal:
    """At this time the repository held more than the grader takes in."""

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

    def __init__(self, home: Path, limits: Limits | None = None) -> None:
        self.home, self.limits = home, limits or Limits()
        self.journal = Journal(home / "received.jsonl")
        self.receipts: dict[str, list[Receipt]] = {}
        self.refusals: dict[str, list[Refusal]] = {}
        self.looks: list[Look] = []
        for event in self.journal:
            self.load(event)

    def load(self, event: dict[str, Any]) -> None:
        """Take one line of the record; a line that this version does not know is left alone."""
        try:
            at = datetime.fromisoformat(event["at"])
            if event["event"] == "received":
                self.receipts.setdefault(event["repository"], []).append(Receipt(at, event["commit"]))
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
        """Every change of the tip that was seen, in order."""
        return self.receipts.get(address, [])

    def collect(self, address: str, at: datetime) -> None:
        """Fetch one repository and record its tip if it changed. Raises FetchError."""
        mirror = self.mirror(address)
        with mirror.locked() as lock:
            try:
                mirror.fetch(at, lock)
            except TooLargeError as error:
                self.refuse(address, Refusal(at, str(error)))
                raise
            finally:
                if mirror.folder.exists():  # also what a killed run left
                    self.record(mirror)

    def refuse(self, address: str, refusal: Refusal) -> None:
        """Record the first of several equal refusals."""
        known = self.refusals.setdefault(address, [])
        if not known or known[-1].why != refusal.why:
            self.journal.append("refused", at=refusal.at.isoformat(), repository=address, why=refusal.why)
            known.append(refusal)

    def record(self, mirror: Mirror) -> None:
        """Move what was fetched into the record."""
        known = self.receipts.setdefault(mirror.address, [])
        for at, commit in mirror.incoming():
            if not known or known[-1].commit != commit:
                moment = at.isoformat()
                self.journal.append("received", at=moment, repository=mirror.address, commit=commit)
                known.append(Receipt(at, commit))
            mirror.keep(at, commit)
