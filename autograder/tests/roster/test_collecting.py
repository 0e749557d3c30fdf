"""Fetching from a real git server: what counts as received, and what a repository cannot do to the grader."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.result import Status
from autograder.roster.choose import Choice, Chooser
from autograder.roster.lateness import Due
from autograder.roster.receipts import Store
from autograder.roster.unwatched_deadlines import unwatched
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.gitserver import GitServer
from autograder.tests.roster.small_class import HALF, RIGHT, WRONG, Class, desk, person

NO_DEADLINE = Due(None, None)


def now() -> datetime:
    """A moment that lies strictly between two collections."""
    time.sleep(0.02)
    moment = datetime.now(UTC)
    time.sleep(0.02)
    return moment


def one(course: Course, server: GitServer, tmp_path: Path, name: str = "ada", **limits: float) -> Class:
    return Class(course, [person(name, server.url(name))], tmp_path / "out", **limits)


def choose(room: Class, due: Due = NO_DEADLINE) -> Choice:
    unit = room.course.unit
    return Chooser(unit, unit_manifest(unit), room.store, {}).choose(room.people[0].repository, due)


def text_of(choice: Choice) -> str:
    assert choice.submission is not None, choice.trouble
    return choice.submission.files()["sums.py"].decode()


def test_the_tip_at_the_deadline_counts_whatever_its_dates_say(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    room = one(bare_course, server, tmp_path)
    first = server.push("ada", desk(HALF))
    room.collect()
    deadline = now()
    server.push("ada", desk(RIGHT), date=1_000_000_000)  # says that it is from 2001
    room.collect()
    strict = choose(room, Due(deadline, deadline))
    assert (strict.commit, text_of(strict)) == (first, HALF)
    lenient = choose(room, Due(deadline, None))
    assert text_of(lenient) == RIGHT
    assert lenient.received is not None
    assert lenient.received > deadline, "received when it was first seen"


def test_a_force_push_neither_hides_nor_predates_anything(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    room = one(bare_course, server, tmp_path)
    first = server.push("ada", desk(RIGHT))
    room.collect()
    deadline = now()
    server.push("ada", desk(WRONG), force=True, date=900_000_000)
    subprocess.run(["git", "-C", str(server.folder / "ada.git"), "gc", "-q", "--prune=now"], check=True)
    room.collect()
    strict = choose(room, Due(deadline, deadline))
    assert (strict.commit, text_of(strict)) == (first, RIGHT), "gone from the server, and still gradable"
    assert (choose(room, Due(deadline, None)).received or deadline) > deadline
    server.push("ada", desk(RIGHT), force=True, date=950_000_000)
    room.collect()
    back = choose(room, Due(deadline, None))
    assert text_of(back) == RIGHT
    assert back.received is not None
    assert back.received < deadline, "these very files were received in time"


def test_work_on_another_unit_is_not_late(bare_course: Course, server: GitServer, tmp_path: Path):
    room = one(bare_course, server, tmp_path)
    server.push("ada", desk(RIGHT))
    room.collect()
    deadline = now()
    tip = server.push("ada", {**desk(RIGHT), "work/03_next/next.py": "x = 1\n", "README.md": "more\n"})
    room.collect()
    chosen = choose(room, Due(deadline, None))
    assert chosen.commit == tip
    assert chosen.received is not None
    assert chosen.received < deadline


def test_a_repository_that_was_emptied_keeps_its_work(bare_course: Course, server: GitServer, tmp_path: Path):
    room = one(bare_course, server, tmp_path)
    server.push("ada", desk(RIGHT))
    room.collect()
    server.push("ada", {"README.md": "oops\n"}, force=True)
    room.collect()
    assert text_of(choose(room)) == RIGHT


def test_what_came_after_the_end_is_not_graded(bare_course: Course, server: GitServer, tmp_path: Path):
    room = one(bare_course, server, tmp_path)
    deadline = now()
    server.push("ada", desk(RIGHT))
    room.collect()
    choice = choose(room, Due(deadline, deadline))
    assert choice.submission is None
    assert choice.trouble.startswith("nothing was received before 20")
    doubt = unwatched(room.store, server.url("ada"), Due(deadline, deadline))
    assert doubt is not None, "nobody looked before: it may have been in time"
    assert doubt[0] is None


def test_a_look_at_the_deadline_leaves_no_doubt(bare_course: Course, server: GitServer, tmp_path: Path):
    room = one(bare_course, server, tmp_path)
    server.make("ada")
    server.push("ada", {"README.md": "started\n"})
    room.collect()
    deadline = now()
    server.push("ada", desk(RIGHT))
    room.collect()
    assert unwatched(room.store, server.url("ada"), Due(deadline, deadline)) is None


def test_an_unreachable_repository_keeps_what_was_received(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    room = one(bare_course, server, tmp_path)
    server.push("ada", desk(RIGHT))
    assert room.collect() == {}
    (server.folder / "ada.git").rename(server.folder / "gone.git")
    [trouble] = room.collect().values()
    assert "cannot be fetched" in trouble
    assert text_of(choose(room)) == RIGHT


def test_empty_unreachable_and_large_repositories_are_told_apart(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    server.make("empty")
    server.push("large", {**desk(RIGHT), "data.bin": os.urandom(3 << 20)})
    people = [person(name, server.url(name)) for name in ("empty", "none", "large")]
    people.append(person("closed", "git://127.0.0.1:1/x.git"))
    room = Class(bare_course, people, tmp_path / "out", megabytes=1)
    troubles = room.collect()
    assert "is empty" in troubles[server.url("empty")]
    assert "larger than 1 MB" in troubles[server.url("large")]
    assert "cannot be fetched" in troubles[server.url("none")]
    assert "cannot be fetched" in troubles["git://127.0.0.1:1/x.git"]
    kept = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert kept < 1 << 20, "what was too large is not kept in parts either"


def test_a_repository_that_is_too_large_is_an_invalid_submission(
    course: Course, server: GitServer, tmp_path: Path
):
    """Threat (32); what was received before it grew counts, and so does the deadline."""
    server.push("large", {**desk(RIGHT), "data.bin": os.urandom(3 << 20)})
    server.push("grown", desk(RIGHT))
    people = [person(name, server.url(name)) for name in ("large", "grown")]
    room = Class(course, people, tmp_path / "out", megabytes=1)
    deadline = now()
    room.collect()
    server.push("grown", {"data.bin": os.urandom(3 << 20)})
    assert set(room.collect()) == {server.url("large"), server.url("grown")}
    large, grown = room.grade().people
    assert large.result is not None
    assert grown.result is not None
    assert grown.points == 10
    assert {test.status for test in large.result.tests} == {Status.INVALID_SUBMISSION}
    assert "larger than 1 MB" in large.result.tests[0].feedback.message
    assert large.points == 0
    assert large.received
    assert choose(room).submission is not None
    assert choose(room, Due(deadline, deadline)).submission is None, "not seen in time"


def test_a_large_file_of_the_past_harms_nobody(bare_course: Course, server: GitServer, tmp_path: Path):
    server.push("ada", {**desk(RIGHT), "data.bin": os.urandom(3 << 20)})
    server.push("ada", desk(RIGHT))
    room = one(bare_course, server, tmp_path, megabytes=1)
    assert room.collect() == {}
    assert text_of(choose(room)) == RIGHT


def test_a_server_that_never_answers_takes_its_time_limit(bare_course: Course, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"git://127.0.0.1:{silent.getsockname()[1]}/x.git"
        room = Class(bare_course, [person("ada", address)], tmp_path / "out", seconds=1)
        assert "took longer than 1 s" in room.collect()[address]


def test_links_and_large_files_are_for_the_judge_to_refuse(
    bare_course: Course, server: GitServer, tmp_path: Path
):
    room = one(bare_course, server, tmp_path)
    kinds = {}
    for name, push in {
        "link": lambda: server.push(
            "ada", {"a": "x"}, links={"work/02_sums/sums.py": "/etc/passwd"}, force=True
        ),
        "folder": lambda: server.push("ada", {"work/02_sums/sums.py/x": "x"}, force=True),
        "large": lambda: server.push("ada", desk("#" * (2 << 20)), force=True),
    }.items():
        push()
        room.collect()
        submission = choose(room).submission
        assert submission is not None
        kinds[name] = [entry.kind for entry in submission.entries]
    assert kinds == {"link": ["link"], "folder": ["folder"], "large": ["large"]}


def test_a_desk_that_is_a_link_leads_nowhere(bare_course: Course, server: GitServer, tmp_path: Path):
    (tmp_path / "sums.py").write_text("SECRET = 1\n")
    server.push("ada", {"a": "x"}, links={"work/02_sums": str(tmp_path)})
    server.push("bob", {"a": "x"}, links={"work": str(tmp_path)})
    for name in ("ada", "bob"):
        room = one(bare_course, server, tmp_path, name)
        room.collect()
        submission = choose(room).submission
        assert submission is not None
        assert submission.empty


def test_hooks_filters_and_submodules_do_not_run(bare_course: Course, server: GitServer, tmp_path: Path):
    canary = tmp_path / "canary"
    files = {
        **desk(RIGHT),
        ".gitattributes": "* filter=lfs diff=lfs\n*.py filter=evil ident export-subst\n",
        ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::touch {canary}\n',
        ".lfsconfig": f"[lfs]\n\turl = file://{canary}\n",
        "hooks/post-checkout": f"#!/bin/sh\ntouch {canary}\n",
    }
    server.push("ada", files)
    room = one(bare_course, server, tmp_path)
    assert room.collect() == {}
    assert text_of(choose(room)) == RIGHT
    assert not canary.exists()


def test_a_hostile_local_repository_runs_nothing(bare_course: Course, server: GitServer, tmp_path: Path):
    """A folder in the roster: its configuration names programs."""
    server.push("ada", desk(RIGHT))
    place, canary = server.folder / "ada.git", tmp_path / "canary"
    for key in ("uploadpack.packObjectsHook", "core.fsmonitor", "core.sshCommand", "core.pager"):
        subprocess.run(["git", "-C", str(place), "config", key, f"touch {canary}"], check=True)
    for hook in ("pre-receive", "post-update", "reference-transaction", "pre-auto-gc"):
        (place / "hooks").mkdir(exist_ok=True)
        (place / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (place / "hooks" / hook).chmod(0o755)
    room = Class(bare_course, [person("ada", str(place))], tmp_path / "out")
    assert room.collect() == {}
    assert text_of(choose(room)) == RIGHT
    assert not canary.exists()


def test_a_kill_between_fetching_and_recording_loses_no_time(server: GitServer, tmp_path: Path):
    server.push("ada", desk(RIGHT))
    address, at = server.url("ada"), now()
    store = Store(tmp_path / "out" / "repositories")
    mirror = store.mirror(address)
    with mirror.locked() as lock:
        mirror.fetch(at, lock)  # and here the grader dies
    (mirror.folder / "shallow.lock").touch()
    (mirror.folder / "refs" / "incoming" / "x.lock").touch()
    server.push("ada", desk(HALF))
    store = Store(tmp_path / "out" / "repositories")
    assert store.of(address) == []
    store.collect(address, now())
    first, second = Store(tmp_path / "out" / "repositories").of(address)
    assert first.at == at
    assert first.commit != second.commit


def test_the_environment_cannot_redirect_git(
    bare_course: Course, server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server.push("ada", desk(RIGHT))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    room = one(bare_course, server, tmp_path)
    assert room.collect() == {}
    assert text_of(choose(room)) == RIGHT
    assert not (tmp_path / "elsewhere").exists()
