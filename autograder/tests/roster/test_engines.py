"""Engines: the same grades from each, workers that die, cores that are not shared, and Ctrl-C."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from autograder.commands import bars
from autograder.core.manifest import unit_manifest
from autograder.core.scratch import PREFIX
from autograder.core.units import Unit
from autograder.judge.submission import Entry, Submission
from autograder.roster import cores as cores_module
from autograder.roster.cores import Cores
from autograder.roster.engines import Done, Needs, Now, worker_count
from autograder.roster.job import Job
from autograder.roster.local import LocalEngine
from autograder.tests.judge.small_course import Course
from autograder.tests.roster.small_class import HALF, RIGHT

pytestmark = pytest.mark.alone  # it uses every core, and looks when

NEEDS = Needs(memory_mb=512, seconds=120)


def job(course: Course, text: str, number: int = 0) -> Job:
    data = f"{text}# {number}\n".encode()
    return Job(f"key{number:04}", course.unit, 7, Submission((Entry("sums.py", "file", data),)))


def test_a_job_travels_as_text(course: Course):
    sent = Job(
        "k",
        course.unit,
        7,
        Submission((Entry("sums.py", "file", b"\0\xff"), Entry("b.py", "link")), ("é.py",)),
    )
    assert Job.from_json(sent.to_json()) == sent


@pytest.mark.slow
def test_a_process_that_dies_takes_nobody_along(course: Course, tmp_path: Path):
    """The check kills the grading process, once; then, for another submission, every time."""
    once = tmp_path / "once"
    course.checks(
        f"""
        import os, pathlib, signal
        def test_one(student):
            if student.call("add", 1, 0) == 7:
                os.kill(os.getpid(), signal.SIGKILL)
            once = pathlib.Path({str(once)!r})
            if not once.exists():
                once.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    jobs = [job(course, RIGHT, 0), job(course, "def add(a, b):\n    return 7\n", 1), job(course, RIGHT, 2)]
    done = {each.job.key: each for each in LocalEngine(1, NEEDS).grade(jobs)}
    assert [done[key].result is not None for key in sorted(done)] == [True, False, True]
    assert "the grading process ended" in done["key0001"].trouble


def test_what_a_check_prints_does_not_reach_the_grader(course: Course):
    course.checks(
        """
        def test_one(student):
            print('{"key": "key0000", "result": null}', flush=True)
            assert student.call("add", 1, 2) == 3
        """
    )
    [done] = LocalEngine(1, NEEDS).grade([job(course, RIGHT)])
    assert done.result is not None
    assert done.result.points == 1


@pytest.mark.slow
def test_closing_an_engine_ends_its_processes(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    course.checks(
        f"""
        import os, pathlib, time
        def test_one(student):
            pathlib.Path({str(tmp_path)!r}, f"pid-{{os.getpid()}}").touch()
            time.sleep(60)
        """
    )
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setenv("TMPDIR", str(room))
    answers = LocalEngine(2, NEEDS).grade([job(course, RIGHT, n) for n in range(2)])

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 4)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(answers)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    pids = [int(path.name.partition("-")[2]) for path in tmp_path.glob("pid-*")]
    assert pids
    assert not [pid for pid in pids if Path("/proc", str(pid)).exists()]
    assert not list(room.glob(f"{PREFIX}*")), "and their temporary folders"


def holder(folder: Path, total: int, cores: int, log: Path, number: int) -> None:
    with Cores(folder, total).hold(cores):
        start = time.monotonic()
        time.sleep(0.05)
        (log / f"{number}").write_text(f"{start} {time.monotonic()} {cores or total}")


@pytest.mark.slow
def test_reservations_never_overlap_beyond_the_cores(tmp_path: Path):
    locks, log = tmp_path / "locks", tmp_path / "log"
    locks.mkdir()
    log.mkdir()
    context = multiprocessing.get_context("spawn")
    wanted = [1, 2, 0, 1, 3, 1, 0, 2]
    processes = [
        context.Process(target=holder, args=(locks, 3, cores, log, number))
        for number, cores in enumerate(wanted)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    spans = [tuple(map(float, path.read_text().split())) for path in log.iterdir()]
    assert len(spans) == len(wanted)
    for start, _, _ in spans:
        assert sum(cores for begin, end, cores in spans if begin <= start < end) <= 3


def test_a_dead_holder_gives_its_cores_back(tmp_path: Path):
    code = f"""
import time
from pathlib import Path
from autograder.roster.cores import Cores
with Cores(Path({str(tmp_path)!r}), 2).hold(0):
    print("held", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    process.kill()
    process.wait()
    with Cores(tmp_path, 2).hold(2):
        pass


@pytest.fixture
def busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """Another program that holds every core until it is told to end."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code = """
from autograder.roster.cores import Cores
with Cores(purpose="a grading of 09_other").hold(0):
    print("held", flush=True)
    input()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()


def test_who_waits_for_cores_hears_who_holds_them(
    busy: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cores_module, "NOTICE", 0.1)
    [folder] = tmp_path.glob("mlsys-cores-*")
    told: list[tuple[str, ...]] = []

    def end(holders: tuple[str, ...]) -> None:
        told.append(holders)
        busy.communicate(b"\n")

    with Cores(folder, on_wait=end).hold(1):
        pass
    assert told == [(f"a grading of 09_other (process {busy.pid})",)], "once"
    with Cores(folder, on_wait=end).hold(0):
        pass
    assert len(told) == 1, "no wait, no word"


@pytest.mark.slow
def test_a_grading_says_whom_it_waits_for_and_which_check_runs(course: Course, busy: subprocess.Popen[bytes]):
    seen: list[Now] = []

    def watch(now: Now) -> None:
        seen.append(now)
        if busy.poll() is None:
            busy.communicate(b"\n")

    [done] = LocalEngine(1, NEEDS, watch).grade([job(course, RIGHT)])
    assert done.result is not None
    assert seen[0] == Now("key0000", f"a grading of 09_other (process {busy.pid})", waits=True)
    assert [now.text for now in seen if not now.waits] == [
        "02.1 add: adds",
        "02.1 add: floats",
        "02.1 add: empty",
    ]


def test_the_bar_shows_the_check_that_runs_before_what_waits(monkeypatch: pytest.MonkeyPatch):
    clock = [100.0]
    monkeypatch.setattr(bars.time, "monotonic", lambda: clock[0])
    out = io.StringIO()
    with bars.GradingBar(Console(file=out, width=200)) as shown:
        on_done = shown.start(2, 0)
        assert shown.text() == ""
        shown.watch(Now("a", "a grading of 09_other (process 7)", waits=True))
        shown.watch(Now("b", "a grading of 09_other (process 7)", waits=True))
        clock[0] = 125.5
        assert shown.text() == "waiting for cores: a grading of 09_other (process 7) uses them, 25 s"
        shown.watch(Now("b", "01.3 numba_loops: squares"))
        clock[0] = 130.0
        assert shown.text() == "01.3 numba_loops: squares, 4 s"
        on_done(Done(Job("b", Unit("01_x", Path()), 1, Submission(())), None, "x"))
        shown.watch(Now("a", "", waits=True))
        assert shown.text() == "waiting for cores: other submissions use them, 0 s"
    assert out.getvalue() == "waiting for cores: a grading of 09_other (process 7) uses them\n", (
        "once, for a log"
    )


@pytest.mark.slow
def test_a_check_that_measures_time_runs_alone(course: Course, tmp_path: Path):
    """Two submissions at once: the spans of the timed check meet nobody else's, of the other they may."""
    course.checks(
        f"""
        import pathlib, time
        import pytest
        def span(name):
            start = time.monotonic()
            time.sleep(0.15)
            place = pathlib.Path({str(tmp_path)!r}) / f"{{name}}-{{start}}"
            place.write_text(f"{{start}} {{time.monotonic()}}")
        @pytest.mark.alone
        def test_timed(student):
            span("alone")
        def test_plain(student):
            span("plain")
        """,
        {"test_timed": 1, "test_plain": 1},
    )
    list(LocalEngine(2, NEEDS).grade([job(course, RIGHT, number) for number in range(4)]))
    spans = [
        (path.name.partition("-")[0], *map(float, path.read_text().split())) for path in tmp_path.glob("*-*")
    ]
    times = [(float(start), float(end)) for _, start, end in spans]
    assert len(times) == 8
    for (kind, *_), (start, end) in zip(spans, times, strict=True):
        beside = [each for each in times if each[0] < end and start < each[1]]
        assert kind == "plain" or len(beside) == 1


def test_how_many_at_once_follows_cores_and_memory(course: Course):
    needs = Needs.of(unit_manifest(course.unit))
    assert needs.memory_mb == 512 + 512
    assert worker_count(needs) <= len(os.sched_getaffinity(0))
    assert worker_count(Needs(memory_mb=1 << 40, seconds=1)) == 1
    assert worker_count(needs, 7) == 7


@pytest.mark.slow
def test_equal_jobs_get_equal_points(course: Course):
    texts = [RIGHT, HALF, RIGHT]
    found = []
    for workers in (1, 2):
        done = LocalEngine(workers, NEEDS).grade([job(course, text, n) for n, text in enumerate(texts)])
        found.append(sorted((d.job.key, d.result.points if d.result else None) for d in done))
    assert found[0] == found[1] == [("key0000", 10), ("key0001", 5), ("key0002", 10)]
