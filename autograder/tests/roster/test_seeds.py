"""Seeds: one for each submission, the same again for the same one, and none that anybody can compute beforehand."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from autograder.core.append_log import Journal
from autograder.core.units import CourseError
from autograder.judge.submission import Submission
from autograder.reports.class_report import class_files
from autograder.roster.keys import entry_key
from autograder.roster.seeds import BITS, Seeds, choose_seeds
from autograder.tests.reports.sample import manifest, person, result, small_class, standing, standings


def submission(text: str) -> Submission:
    return cast("Submission", SimpleNamespace(sha256=text))


class Home:
    """The folder of a gradebook, without entries."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.journal = folder, Journal(folder / "journal.jsonl")
        folder.mkdir(exist_ok=True)

    @property
    def secret(self) -> Path:
        return self.folder / ".secret"

    def start(self, *, fresh: bool = False, seed: int | None = None, finish: bool = True) -> Seeds:
        """What `run` does with the journal."""
        found = choose_seeds(self.folder, self.journal, given=seed, fresh=fresh)
        self.journal.append("started", seed=found.given, draw=found.draw, fresh=fresh)
        if finish:
            self.journal.append("finished", version=1)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "grades")


def test_every_submission_has_a_seed_of_its_own_which_it_keeps(home: Home):
    first = home.start()
    pairs = [first.entry(submission(f"files {i}"), "grader") for i in range(500)]
    assert len({seed for _, seed in pairs}) == len({key for key, _ in pairs}) == 500
    assert max(seed for _, seed in pairs).bit_length() == BITS
    again = home.start()
    assert [again.entry(submission(f"files {i}"), "grader") for i in range(500)] == pairs
    assert again.entry(submission("files 0"), "another grader")[1] != pairs[0][1]


def test_another_gradebook_and_a_regrade_draw_other_seeds(home: Home, tmp_path: Path):
    one = submission("files")
    seeds = [home.start().entry(one, "g"), Home(tmp_path / "other").start().entry(one, "g")]
    seeds += [home.start(fresh=True).entry(one, "g")]
    assert len({key for key, _ in seeds}) == len({seed for _, seed in seeds}) == 3
    assert home.start().entry(one, "g") == seeds[2], "the last draw goes on"


def test_an_interrupted_regrade_goes_on_with_its_draw(home: Home):
    one = submission("files")
    home.start()
    drawn = home.start(fresh=True, finish=False).entry(one, "g")
    assert home.start(fresh=True, finish=False).entry(one, "g") == drawn
    assert home.start().entry(one, "g") == drawn
    assert home.start(fresh=True).entry(one, "g") != drawn


def test_the_seed_does_not_follow_from_the_key_of_the_entry(home: Home):
    """Who tries every seed finds out nothing: the key is no hash of the seed."""
    one = submission("files")
    key, seed = home.start().entry(one, "g")
    assert key != entry_key(one, "g", str(seed))


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_reads_the_secret(home: Home, umask: int):
    before = os.umask(umask)
    try:
        home.start()
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.secret.stat().st_mode) == 0o600
    assert home.secret.read_text().strip() not in home.journal.path.read_text()


def test_a_given_seed_is_everybodys_and_stays_until_a_regrade(home: Home):
    found = home.start(seed=11)
    assert [found.entry(submission(name), "g")[1] for name in "ab"] == [11, 11]
    assert home.start().entry(submission("a"), "g")[1] == 11
    assert not home.secret.exists()
    assert home.start(fresh=True).entry(submission("a"), "g")[1] != 11


def test_a_lost_or_damaged_secret_is_said_and_a_regrade_helps(home: Home):
    before = home.start().entry(submission("a"), "g")
    home.secret.unlink()
    with pytest.raises(CourseError, match=r"(?s)is missing, so the inputs .*add --regrade"):
        home.start()
    assert home.start(fresh=True).entry(submission("a"), "g") != before
    home.secret.write_text("torn")
    with pytest.raises(CourseError, match="expected 64 hexadecimal digits, got 4 bytes"):
        home.start()


def test_no_report_for_students_shows_the_seed():
    found = small_class()
    assert {each.result.seed for each in found.people if each.result} == {4711}
    files = dict(class_files(found, manifest()))
    assert [path for path, text in files.items() if "4711" in text or "seed" in text] == []
    assert sum(path.startswith(("students/", "gradescope/")) for path in files) == 3 * len(found.people)


def test_no_report_for_students_shows_how_long_a_hidden_check_took():
    """Code in a hidden check could sleep for as many seconds as a hidden input says."""
    slow = result(seconds=1234.5)
    hidden = next(test for test in slow.tests if test.hidden)
    assert slow.for_student().seconds == sum(test.seconds for test in slow.tests if not test.hidden)
    assert next(test for test in slow.for_student().tests if test.name == hidden.name).seconds == 0
    files = dict(class_files(standings(standing(person("Ada Smith"), slow)), manifest()))
    assert [path for path, text in files.items() if "1234.5" in text] == []
