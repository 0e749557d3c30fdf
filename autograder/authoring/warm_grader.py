"""Grade many submissions of the course's own in one sandbox that stays up; several processes do so at once.

The start of a sandbox, with its imports, takes longer than most tests. The submissions here are the course's own, so
they may share one; each test still runs in a process of its own. Students' submissions never do this.

Compiled kernels are not shared between submissions. numba's cache looks at the file of the function that it compiles,
and not at the files of the functions that are compiled into it. So each submission's files get a date of their own.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import cached_property
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TypeVar

from autograder.authoring.cases import Case
from autograder.authoring.outcome import Outcome, outcome_of
from autograder.core.manifest import unit_manifest
from autograder.core.scratch import scratch_folder
from autograder.core.units import CourseError, Unit
from autograder.judge.grading import choose_tier, run
from autograder.judge.intake import stage
from autograder.judge.recorder import Recorder
from autograder.judge.session.sessions import Sessions
from autograder.judge.submission import Entry, Submission
from autograder.judge.worker.processes import PDEATHSIG, prctl
from autograder.release.starters import solved_files, starter_files
from autograder.roster.cores import Cores

T = TypeVar("T")
R = TypeVar("R")

WORTH = 4  # submissions that are worth a process of their own, which takes seconds to start
FIRST_DATE = 1_000_000_000  # of staged files, in seconds since 1970; each submission is a second younger


class KeptSessions(Sessions):
    """Sessions that outlive a submission: `close`, which the judge calls, only ends its tests."""

    def close(self) -> None:
        for session in (self.session, self.rival):
            if session is not None:
                session.end()

    def stop(self) -> None:
        super().close()


class WarmGrader:
    """A grader for the submissions of one unit in this process. Raises CourseError without a sandbox."""

    def __init__(self, unit: Unit) -> None:
        self.unit, self.manifest = unit, unit_manifest(unit)
        self.tier = choose_tier("require", [])
        self.cores = Cores(purpose=f"./mlsys prove {unit.number}")
        self.graded = 0
        self.stack, self.kept = ExitStack(), ExitStack()
        self.sessions: KeptSessions | None = None

    def __enter__(self) -> WarmGrader:
        self.scratch = self.stack.enter_context(scratch_folder("prove"))
        self.scratch.chmod(0o711)  # the worker's user passes through
        self.stack.callback(lambda: self.kept.close())
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    @cached_property
    def starter(self) -> dict[str, bytes]:
        return starter_files(self.unit)

    @cached_property
    def solved(self) -> dict[str, bytes]:
        return solved_files(self.unit)

    def grade(self, case: Case) -> Outcome:
        """Run the tests of the case's tasks on fresh inputs."""
        tasks = None if case.tasks is None else set(case.tasks)
        recorder, seed = self.run(case.files(self.starter, self.solved), tasks)
        return outcome_of(case, recorder.task_results(), seed)

    def run(
        self,
        files: dict[str, bytes],
        tasks: set[str] | None,
        *,
        stop_at_loss: bool = False,
        seconds: float | None = None,
    ) -> tuple[Recorder, int]:
        """Run the tests of these tasks (None: all) on a submission with these files; the record, and the seed.

        stop_at_loss: run no test after the first that is lost. seconds: the longest limit of a test.
        """
        self.graded += 1
        manifest = self.manifest if seconds is None else self.manifest.within(seconds)
        entries = tuple(Entry(name, "file", files[name]) for name in manifest.modules)
        sessions = self.sessions_for(tasks)
        sessions.manifest = manifest
        staging = emptied(sessions.scratch / "submission")
        staged = stage(self.unit, manifest, Submission(entries), staging)
        date = FIRST_DATE + self.graded
        for path in staging.iterdir():
            os.utime(path, (date, date))
        recorder = Recorder(manifest, staged, hidden_too=True, tasks=tasks)
        sessions.patience = recorder.patience  # a time-out of one submission shortens no other's limits
        seed = secrets.randbelow(1 << 53)
        run(sessions, recorder, seed, self.cores.hold, stop_at_loss=stop_at_loss)
        return recorder, seed

    def sessions_for(self, tasks: set[str] | None) -> KeptSessions:
        """The sandbox of the case before, if it has imported the right packages; otherwise a new one."""
        if self.sessions is None or self.sessions.preload != self.manifest.preload_for(tasks):
            self.kept.close()
            place = self.scratch / f"sandbox-{self.graded}"
            place.mkdir(mode=0o711)
            place.chmod(0o711)
            emptied(place / "submission")
            self.sessions = KeptSessions(self.unit, self.manifest, place, self.tier, None, tasks=tasks)
            self.kept.callback(shutil.rmtree, place, ignore_errors=True)
            self.kept.callback(self.sessions.stop)
        return self.sessions


def emptied(folder: Path) -> Path:
    """Empty the folder, or make it; it stays the same folder, because a sandbox may show it."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.unlink()
    return folder


_grader: WarmGrader | None = None  # of a process of the pool


def start_process(unit: Unit, parent: int) -> None:
    """Prepare a process of the pool: it ends with its parent, which handles Ctrl-C."""
    global _grader
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the line above
    _grader = WarmGrader(unit).__enter__()
    Finalize(None, _grader.__exit__, exitpriority=1)  # a process of a pool ends without `atexit`


def in_process(work: Callable[[WarmGrader, T], R], item: T) -> R:
    assert _grader is not None
    return work(_grader, item)


def grade_cases(unit: Unit, cases: list[Case], workers: int | None = None) -> Iterator[Outcome]:
    """Grade the cases in several processes, and yield each outcome when it is done, in any order."""
    manifest = unit_manifest(unit)
    # The two that run every test take longest, so they start first; equal imports come together.
    cases = sorted(cases, key=lambda case: (case.wrong is not None, manifest.preload_for(case.tasks)))
    yield from in_processes(unit, cases, WarmGrader.grade, workers)


def in_processes(
    unit: Unit, items: list[T], work: Callable[[WarmGrader, T], R], workers: int | None = None
) -> Iterator[R]:
    """Apply `work` to the items with warm graders, and yield each result when it is done, in any order.

    workers: processes at once (default: as many as cores and memory allow, if there are enough items). A test that
    measures time waits until it has all cores. Closing the iterator ends every process.
    """
    from autograder.roster.engines import Needs, worker_count

    if not items:
        return
    most = worker_count(Needs.of(unit_manifest(unit))) if workers is None else workers
    workers = min(most, len(items) // WORTH)
    if workers <= 1:
        with WarmGrader(unit) as grader:
            for item in items:
                yield work(grader, item)
        return
    choose_tier("require", [])
    others = set(multiprocessing.active_children())
    # Not forked: this process may have threads, and a fork would copy locks that they hold.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, start_process, (unit, os.getpid()))
    try:
        for done in as_completed([pool.submit(in_process, work, item) for item in items]):
            yield done.result()
    except BaseException as error:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()  # its sandbox ends with it, and the next scratch folder sweeps its own
        if isinstance(error, BrokenProcessPool):
            raise CourseError(
                "a grading process ended during a submission\n"
                "  to fix: run the same command again, with --workers 1 if this machine has little memory"
            ) from None
        raise
    finally:
        pool.shutdown(cancel_futures=True)
