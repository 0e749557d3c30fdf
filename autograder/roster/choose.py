"""Choose the received commit to grade, and the time at which it counts as received.

The last tip that was received in time counts. Lateness belongs to the graded files: a push that does not change
them (another unit's work, a README) is not late. After a force push back to older files, their first receipt counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.safe_open import FileTooLargeError, LinkError, read_regular
from autograder.core.units import Unit
from autograder.judge.intake import printable
from autograder.judge.submission import Submission
from autograder.roster.addresses import folder_of, is_folder, is_git, leads_elsewhere
from autograder.roster.committed import blob_id, changed_files, of_commit
from autograder.roster.git import GitError
from autograder.roster.lateness import Due
from autograder.roster.offers import NOTHING, Offer, Seeker
from autograder.roster.receipts import Receipt, Store

LARGEST = 8 << 20  # bytes of a file of the course


@dataclass(frozen=True)
class Choice:
    """A submission to grade, or the reason why there is none."""

    submission: Submission | None = None
    commit: str = ""
    received: datetime | None = None
    tampered: tuple[str, ...] = ()
    trouble: str = ""
    offer: Offer = field(default_factory=Offer)  # work in an unexpected place
    decision: str = ""  # "take" or "zero": see decisions.py


@dataclass(frozen=True)
class Chooser:
    """Chooser of submissions for one unit. released: path -> blob id of the files that were handed out."""

    unit: Unit
    manifest: Manifest
    store: Store
    released: dict[str, str]
    plain: bool = False  # take the files of folders as they are, also where a folder is a clone

    @property
    def seeker(self) -> Seeker:
        return Seeker(self.unit, self.manifest, self.released)

    def complete(self, address: str) -> bool:
        """True if the last tip that was received has every file of the unit in its place."""
        receipts = self.store.of(address)
        try:
            found = of_commit(self.store.mirror(address), receipts[-1].commit, self.unit, self.manifest)
        except (IndexError, GitError):
            return True  # nothing that another branch could complete
        return not self.seeker.missing(found)

    def choose(self, address: str, due: Due, missed: str = "") -> Choice:
        """Choose a submission. missed: the reason why the last fetch of the repository failed, or ""."""
        if is_folder(address):
            folder = folder_of(address)
            trouble = leads_elsewhere(folder)
            if trouble:
                return Choice(trouble=trouble)
            if self.plain or not is_git(folder):
                return self.from_folder(folder)
        receipts = self.store.of(address)
        accepted = [each for each in receipts if due.closes is None or each.at <= due.closes]
        if not accepted:
            refusals = self.store.refusals.get(address, [])
            for refusal in refusals:
                if due.closes is None or refusal.at <= due.closes:
                    return Choice(Submission((), refused=refusal.why), received=refusal.at)
        branches = self.store.branches.get(address, [])
        in_time = [each for each in branches if due.closes is None or each.at <= due.closes]
        if not accepted and not in_time:
            return Choice(trouble=nothing(receipts or branches, due, missed))
        try:
            if not accepted:
                return self.from_branches(address, in_time)
            return self.from_commits(address, accepted, in_time, due)
        except GitError as error:
            return Choice(trouble=f"the grader's copy of {address} cannot be read: {error}")

    def from_folder(self, folder: Path) -> Choice:
        """A submission in a folder of this machine, without a time of receipt."""
        place = desk_of(folder, self.unit, self.manifest.modules)
        try:
            submission = Submission.of_folder(place, self.manifest)
        except OSError as error:
            return Choice(trouble=f"{printable(str(folder))} cannot be read: {error.strerror}")
        unread = [entry for entry in submission.entries if entry.kind == "unreadable"]
        if unread:
            return Choice(trouble=f"{printable(str(place))}: {unread[0].refusal}; to try: chmod -R u+rX")
        return Choice(
            submission,
            tampered=changed_in_folder(folder, self.released),
            offer=self.seeker.in_folder(folder, submission),
        )

    def from_branches(self, address: str, branches: list[Receipt]) -> Choice:
        """No submission: the default branch does not exist. What is in the others is offered."""
        offer = self.seeker.in_commits(self.store.mirror(address), NOTHING, "", branches)
        return Choice(trouble="the repository's default branch does not exist", offer=offer)

    def from_commits(
        self, address: str, accepted: list[Receipt], branches: list[Receipt], due: Due
    ) -> Choice:
        """The last tip with files to grade, or the last tip."""
        mirror = self.store.mirror(address)

        def read(receipt: Receipt) -> Submission:
            return of_commit(mirror, receipt.commit, self.unit, self.manifest)

        chosen, submission = accepted[-1], read(accepted[-1])
        for receipt in reversed(accepted[:-1]):
            if not submission.empty:
                break
            older = read(receipt)
            if not older.empty:
                chosen, submission = receipt, older
        return Choice(
            submission,
            chosen.commit,
            first_sight(chosen, submission, accepted, due, read),
            changed_files(mirror, chosen.commit, self.released),
            offer=self.seeker.in_commits(mirror, submission, chosen.commit, branches),
        )


def first_sight(
    chosen: Receipt,
    submission: Submission,
    accepted: list[Receipt],
    due: Due,
    read: Callable[[Receipt], Submission],
) -> datetime:
    """The time at which the graded files were received first."""
    received = min(each.at for each in accepted if each.commit == chosen.commit)
    if due.deadline is None or received <= due.deadline:
        return received  # on time anyway: spare the reading
    earlier = (each for each in accepted if each.at < received)
    return next((each.at for each in earlier if read(each).content == submission.content), received)


def nothing(receipts: list[Receipt], due: Due, missed: str) -> str:
    """The reason why there is nothing to grade."""
    if receipts and due.closes is not None:
        first = min(each.at for each in receipts)
        return (
            f"nothing was received before {moment(due.closes)}; the first commit was received {moment(first)}"
        )
    return missed or "nothing was received: run ./mlsys collect to fetch it"


def moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def desk_of(folder: Path, unit: Unit, modules: tuple[str, ...]) -> Path:
    """The folder of the modules: the folder itself, or its work/NN_slug/ as in a student's repository."""
    desk = folder / "work" / unit.slug
    at_top = sum((folder / module).is_file() for module in modules)
    if not desk.is_dir() or (folder / "work").is_symlink() or desk.is_symlink():
        return folder
    # One stray file at the top must not hide a whole desk.
    return desk if not at_top or sum((desk / module).is_file() for module in modules) > at_top else folder


def changed_in_folder(folder: Path, released: dict[str, str]) -> tuple[str, ...]:
    """Like changed_files, for files in a folder; links count as changed."""
    found: dict[str, str] = {}
    for path in released:
        try:
            found[path] = blob_id(read_regular(folder / path, LARGEST))
        except LinkError:
            found[path] = "a link"
        except FileTooLargeError:
            found[path] = "a large file"
        except OSError:
            continue  # not there, or no file: changed, if the folder holds any of them
    return tuple(path for path in sorted(released) if found.get(path) != released[path]) if found else ()
