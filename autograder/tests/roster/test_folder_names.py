"""Names of submission folders, links and foreign git repositories: each is graded or refused by itself, and named."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from autograder.core.manifest import unit_manifest
from autograder.reports.names import folder_names
from autograder.roster.addresses import folder_address, folder_of, is_folder, leads_elsewhere
from autograder.roster.choose import Chooser
from autograder.roster.folders import people_of
from autograder.roster.lateness import Due
from autograder.roster.standing import Standing, Standings
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.gitserver import GitServer
from autograder.tests.roster.small_class import RIGHT, Class, by_id, desk, person

NAMES = [
    b"caf\xe9",
    b"\xff\xfe",
    "café".encode(),
    "cafe\u0301".encode(),
    b"-x",
    b"--help",
    b"new\nline",
    b"tab\there",
    b"\x1b[31mred",
    "\u202eabc".encode(),
    b"a" * 255,
    b" ",
    b"...",
    b"[bold]",
    b"%41",
    b"$HOME",
    b"a'b\"c",
    b"con",
    "日本".encode(),
    b"back\\slash",
    b"*",
]


def make(folder: bytes, text: str = RIGHT) -> None:
    os.makedirs(folder)  # noqa: PTH103 -- a name that is no text
    with open(folder + b"/sums.py", "w") as file:  # noqa: PTH123
        file.write(text)


def test_every_name_has_an_id_an_address_and_files(bare_course: Course, tmp_path: Path):
    for name in NAMES:
        make(os.fsencode(tmp_path) + b"/in/" + name)
    folders = sorted((tmp_path / "in").iterdir())
    people = people_of(folders)
    assert len({each.id for each in people}) == len(folders) == len(NAMES)
    assert len(set(folder_names(each.id for each in people).values())) == len(NAMES)
    room = Class(bare_course, list(people), tmp_path / "out")
    chooser = Chooser(bare_course.unit, unit_manifest(bare_course.unit), room.store, {}, plain=True)
    for each, folder in zip(people, folders, strict=True):
        assert is_folder(each.repository)
        assert folder_of(each.repository) == folder
        assert each.name.isprintable(), each
        standing = Standing(person=each, result=None)
        Standings(unit="02_sums", number=1, made="", people=(standing,)).to_json().encode()
        choice = chooser.choose(each.repository, Due(None, None))
        assert choice.submission is not None
        assert choice.submission.files() == {"sums.py": RIGHT.encode()}
    assert {"caf\\xe9", "new\\nline"} <= {each.name for each in people}


def test_a_name_that_is_no_text_stops_nobody(course: Course, tmp_path: Path):
    for name in (b"ada", b"caf\xe9"):
        make(os.fsencode(tmp_path) + b"/in/" + name)
    people = people_of(sorted((tmp_path / "in").iterdir()))
    who = by_id(Class(course, list(people), tmp_path / "out").grade(plain=True))
    assert {id: each.points for id, each in who.items()} == {"ada": 10, "caf_": 10}
    assert (tmp_path / "out/02_sums/versions/0001/students/caf_/report.html").is_file()


def test_addresses_go_there_and_back(tmp_path: Path):
    for path in (tmp_path, Path(os.fsdecode(b"/x/%\xe9/y"))):
        assert folder_of(folder_address(path)) == path
    assert folder_address(tmp_path) == str(tmp_path)


def test_a_link_to_a_folder_is_named(bare_course: Course, tmp_path: Path):
    make(os.fsencode(tmp_path) + b"/in/ada")
    (tmp_path / "in/bob").symlink_to("ada")
    (tmp_path / "in/gone").symlink_to("nowhere")
    people = people_of(sorted((tmp_path / "in").iterdir()))
    assert [each.id for each in people] == ["ada", "bob", "gone"]
    room = Class(bare_course, list(people), tmp_path / "out")
    chooser = Chooser(bare_course.unit, unit_manifest(bare_course.unit), room.store, {}, plain=True)
    troubles = [chooser.choose(each.repository, Due(None, None)).trouble for each in people]
    assert troubles[0] == ""
    assert troubles[1:] == [f"it is a link to {name}: name the folder itself" for name in ("ada", "nowhere")]


def clone(source: Path, to: Path) -> Path:
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(source), str(to)], check=True)
    return to


def git_file(bob: Path, ada: Path) -> None:
    shutil.rmtree(bob / ".git")
    (bob / ".git").write_text(f"gitdir: {ada / '.git'}\n")


def git_link(bob: Path, ada: Path) -> None:
    shutil.rmtree(bob / ".git")
    (bob / ".git").symlink_to(ada / ".git")


def alternates(bob: Path, ada: Path) -> None:
    (bob / ".git/objects/info/alternates").write_text(f"{ada / '.git/objects'}\n")


def common_folder(bob: Path, ada: Path) -> None:
    (bob / ".git/commondir").write_text(f"{ada / '.git'}\n")


def linked_objects(bob: Path, ada: Path) -> None:
    shutil.rmtree(bob / ".git/objects")
    (bob / ".git/objects").symlink_to(ada / ".git/objects")


def linked_head(bob: Path, ada: Path) -> None:
    (bob / ".git/HEAD").unlink()
    (bob / ".git/HEAD").symlink_to(ada / ".git/HEAD")


@pytest.mark.parametrize(
    "trick",
    [git_file, git_link, alternates, common_folder, linked_objects, linked_head],
    ids=lambda f: f.__name__,
)
def test_a_repository_that_leads_to_another_is_refused(
    bare_course: Course, server: GitServer, tmp_path: Path, trick: object
):
    """A student's folder whose git files name another student's repository."""
    server.push("ada", desk(RIGHT))
    ada, bob = (clone(server.folder / "ada.git", tmp_path / name) for name in ("ada", "bob"))
    assert leads_elsewhere(ada) == leads_elsewhere(bob) == ""
    trick(bob, ada)  # pyright: ignore[reportCallIssue]
    room = Class(bare_course, [person("ada", str(ada)), person("bob", str(bob))], tmp_path / "out")
    missed = room.collect()
    assert list(missed) == [str(bob)]
    chooser = Chooser(bare_course.unit, unit_manifest(bare_course.unit), room.store, {})
    assert chooser.choose(str(ada), Due(None, None)).submission is not None
    for plain in (False, True):
        chooser = Chooser(bare_course.unit, unit_manifest(bare_course.unit), room.store, {}, plain=plain)
        choice = chooser.choose(str(bob), Due(None, None))
        assert choice.submission is None
        assert "git" in choice.trouble
        assert "hand in a clone" in choice.trouble


def test_a_clone_that_is_named_as_a_folder_is_graded_as_it_is(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    server.push("ada", desk("def add(a, b): pass\n"))
    ada = clone(server.folder / "ada.git", tmp_path / "ada")
    (ada / "work/02_sums/sums.py").write_text(RIGHT)
    room = Class(bare_course, list(people_of([ada])), tmp_path / "out")
    chooser = Chooser(bare_course.unit, unit_manifest(bare_course.unit), room.store, {}, plain=True)
    choice = chooser.choose(room.people[0].repository, Due(None, None))
    assert choice.submission is not None
    assert choice.submission.files() == {"sums.py": RIGHT.encode()}
