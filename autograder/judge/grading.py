"""Grade one submission: stage its files, start the sandbox, run the unit's checks, add up the points."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from autograder.core.files import open_to_all
from autograder.core.manifest import unit_manifest
from autograder.core.result import Feedback, GradeResult, Status, TestResult
from autograder.core.scratch import scratch_folder
from autograder.core.units import CourseError, Unit
from autograder.judge.check_selection import files_defining
from autograder.judge.intake import InvalidSubmissionError, Staged, stage, take_in
from autograder.judge.isolated_pytest import run_pytest
from autograder.judge.plugin import JudgePlugin
from autograder.judge.provenance import grader, machine
from autograder.judge.recorder import Record, Recorder, Started
from autograder.judge.sandbox.gpu import driver_for
from autograder.judge.sandbox.plan import available
from autograder.judge.session.patience import Patience
from autograder.judge.session.sessions import Sessions
from autograder.judge.submission import Submission

Reserve = Callable[[int], AbstractContextManager[None]]


def unreserved(_cores: int) -> AbstractContextManager[None]:
    """Reserve nothing: no other grading runs on this machine."""
    return nullcontext()


def grade_submission(
    unit: Unit,
    source: Path | Submission,
    *,
    name: str | None = None,
    seed: int | None = None,
    tasks: set[str] | None = None,
    hidden: bool = True,
    sandbox: Literal["require", "prefer"] = "require",
    on_test: Callable[[TestResult], None] | None = None,
    on_start: Callable[[Started], None] | None = None,
    reserve: Reserve | None = None,
    gpu: bool = False,
    hurry: bool = False,
) -> GradeResult:
    """Grade the files of the unit's manifest, in a folder or in a submission that was read before.

    name: of the submission in the result (default: the folder's). seed: of the inputs (default: a new one).
    tasks: only these ids. hidden: also the hidden checks. sandbox: "require" raises without bubblewrap,
    "prefer" falls back to tier "none" and notes it. on_test: called with each test's result as it ends.
    reserve: waits for a number of cores (0: all of them) and holds them, if several gradings run at once.
    gpu: let the submission use this machine's NVIDIA GPU, if the manifest asks for one (see gpu.py).
    hurry: a student waits, so a time-out shortens the limits of the checks of the whole file (see patience.py).

    Raises CourseError for a broken manifest, a missing folder, or no sandbox. A submission that cannot be
    graded, and a failure of the grader itself, are statuses in the result.
    """
    manifest = unit_manifest(unit)
    for task in tasks or ():
        manifest.task(task)  # raises for an unknown one
    wanted = None if tasks is None else {manifest.task(task).id for task in tasks}
    submission = take_in(source, manifest)
    folder = source.resolve() if isinstance(source, Path) else None
    # Too long to be found by trying them all against the first inputs of a test; exact in every JSON reader.
    seed = secrets.randbelow(1 << 53) if seed is None else seed
    started, clock = datetime.now(UTC), time.perf_counter()
    notes: list[str] = []
    tier = choose_tier(sandbox, notes)
    driver = driver_for(manifest, agreed=gpu)
    if driver is not None:
        notes.append("Your code could use this machine's NVIDIA GPU.")
    elif manifest.gpu:
        notes.append(
            "Kernels ran on simulators, not on a GPU: the points are the same, but their speed is unknown."
        )
    with scratch_folder("grade") as scratch:
        scratch.chmod(0o711)  # the worker's user passes through
        patience = Patience(whole_files=hurry)
        recorder = Recorder(
            manifest, Staged((), {}, ()), hidden, wanted, on_test, on_start, notes=notes, patience=patience
        )
        staging = open_to_all(scratch / "submission")
        try:
            recorder.staged = stage(unit, manifest, submission, staging)
            notes += recorder.staged.notes
            sessions = Sessions(unit, manifest, scratch, tier, folder, driver, wanted, patience)
            run(sessions, recorder, seed, reserve)
        except InvalidSubmissionError as error:
            refuse(recorder, str(error))
    recorder.blame_the_grader()
    results = recorder.task_results()
    return GradeResult(
        unit=unit.slug,
        submission=name or (folder.name if folder else "submission"),
        files=recorder.staged.files,
        tasks=results,
        points=sum(task.points for task in results),
        max_points=sum(task.max_points for task in results),
        hidden_points=sum(
            task.hidden_points for task in manifest.tasks if wanted is None or task.id in wanted
        ),
        tier=tier,
        seed=seed,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - clock, 3),
        grader=grader(unit),
        machine=machine(),
        notes=tuple(notes),
    )


def choose_tier(wanted: str, notes: list[str]) -> str:
    """ "bubblewrap" if it works; "none" only if the caller accepts it. Raises CourseError."""
    works, reason = available()
    if works:
        return "bubblewrap"
    if wanted == "require":
        raise CourseError(
            f"grading needs a sandbox: {reason}\n  to check your own code without one: ./mlsys check"
        )
    notes.append(f"graded without a sandbox: {reason}")
    return "none"


def run(
    sessions: Sessions,
    recorder: Recorder,
    seed: int,
    reserve: Reserve | None = None,
    *,
    stop_at_loss: bool = False,
) -> None:
    """Run the checks; the recorder gets every outcome. stop_at_loss: no more after a lost one.

    Raises KeyboardInterrupt.
    """
    unit = sessions.unit
    plugin = JudgePlugin(
        recorder,
        seed,
        sessions.student,
        sessions.baseline,
        reserve or unreserved,
        stop_at_loss=stop_at_loss,
    )
    files = files_defining(unit.checks, recorder.wanted)
    try:
        if reserve is None:
            sessions.session.start()  # its imports run while pytest collects
        else:
            with reserve(1):  # they must not disturb a neighbour's timing
                sessions.session.warm_up()
        if files:
            run_pytest(unit.checks, files, plugin)
    finally:
        sessions.close()
    interrupted = plugin.interrupted
    if type(interrupted) is KeyboardInterrupt:  # pytest's own interruptions derive from it
        raise interrupted
    if interrupted is not None:
        recorder.broken.append(f"a check ended the run: {type(interrupted).__name__}: {interrupted}")


def refuse(recorder: Recorder, why: str) -> None:
    """Give every test the same outcome: the submission cannot be graded."""
    recorder.notes.append(why)
    for name in recorder.manifest.checks:
        if recorder.wants(name):
            record = Record(name, name)
            recorder.records[name] = [record]
            record.settle(Status.INVALID_SUBMISSION, Feedback(message=why))
            recorder.announce(name)
