"""Progress is truthful: it says what was checked, when, and whether the files are still those."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from autograder.core.manifest import unit_manifest
from autograder.core.result import (
    GradedFile,
    Grader,
    GradeResult,
    Status,
    TaskResult,
    TestResult,
)
from autograder.core.units import Unit, course_root
from autograder.lab.progress import (
    counted_files,
    edited_since,
    progress_file,
    read_progress,
    record,
)
from autograder.release.desk import ensure_desk


def result_for(unit: Unit, statuses: dict[str, Status]) -> GradeResult:
    """A result of the desk as it is, with one status a task."""
    tasks = []
    for task in unit_manifest(unit).tasks:
        if task.id not in statuses:
            continue
        tests = tuple(
            TestResult(
                name=name,
                task=task.id,
                status=statuses[task.id],
                points=points if statuses[task.id] is Status.PASSED else 0,
                max_points=points,
            )
            for name, points in task.checks.items()
        )
        got = sum(test.points for test in tests)
        tasks.append(
            TaskResult(
                id=task.id,
                function=task.function,
                title=task.title,
                points=got,
                max_points=task.points,
                tests=tests,
            )
        )
    files = tuple(
        GradedFile(path=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), bytes=1)
        for path in (unit.desk / "ops.py", unit.desk / "fast.py")
        if path.exists()
    )
    return GradeResult(
        unit=unit.slug,
        submission="desk",
        files=files,
        tasks=tuple(tasks),
        points=sum(task.points for task in tasks),
        max_points=sum(task.max_points for task in tasks),
        tier="none",
        seed=1,
        started="2026-11-20T10:00:00+00:00",
        seconds=1.0,
        grader=Grader(version="1", manifest_sha256="", checks_sha256=""),
        machine={},
    )


def save(unit: Unit, **statuses: Status) -> None:
    named = {f"01.{name[1:]}": status for name, status in statuses.items()}
    record(unit, unit_manifest(unit), result_for(unit, named))


def test_nothing_stored_is_no_progress(unit: Unit):
    progress, trouble = read_progress(unit)
    assert (progress.tasks, trouble) == ({}, "")


def test_a_check_of_one_task_leaves_the_others(unit: Unit):
    ensure_desk(unit)
    save(unit, t1=Status.PASSED, t2=Status.FAILED)
    save(unit, t2=Status.PASSED)
    tasks = read_progress(unit)[0].tasks
    assert (tasks["01.1"].points, tasks["01.2"].points) == (5, 4)


def test_a_worse_check_counts_and_the_best_is_remembered(unit: Unit):
    ensure_desk(unit)
    save(unit, t1=Status.PASSED)
    save(unit, t1=Status.ERROR)
    record_ = read_progress(unit)[0].tasks["01.1"]
    assert (record_.points, record_.best, record_.status) == (0, 5, Status.ERROR)


def test_a_failure_of_the_grader_keeps_the_former_record(unit: Unit):
    ensure_desk(unit)
    save(unit, t1=Status.PASSED)
    save(unit, t1=Status.INFRA_ERROR, t2=Status.FAILED)
    tasks = read_progress(unit)[0].tasks
    assert tasks["01.1"].points == 5
    assert tasks["01.2"].status is Status.FAILED


def test_an_edit_is_noticed_for_the_tasks_that_rest_on_the_file(unit: Unit):
    ensure_desk(unit)
    save(unit, t1=Status.PASSED, t2=Status.PASSED)
    tasks = read_progress(unit)[0].tasks
    assert edited_since(tasks["01.1"].files, unit.desk) == []
    with (unit.desk / "ops.py").open("a") as file:
        file.write("# edited\n")
    assert edited_since(tasks["01.1"].files, unit.desk) == ["ops.py"]
    assert edited_since(tasks["01.2"].files, unit.desk) == []
    (unit.desk / "fast.py").unlink()
    assert edited_since(tasks["01.2"].files, unit.desk) == ["fast.py"]


def test_a_missing_file_is_remembered_as_missing(unit: Unit):
    ensure_desk(unit)
    (unit.desk / "ops.py").unlink()
    save(unit, t1=Status.MISSING)
    files = read_progress(unit)[0].tasks["01.1"].files
    assert edited_since(files, unit.desk) == []
    (unit.desk / "ops.py").write_text("x = 1\n")
    assert edited_since(files, unit.desk) == ["ops.py"]


def test_a_task_rests_on_what_its_module_imports(tmp_path: Path):
    (tmp_path / "a.py").write_text("import b\nimport numpy\n")
    (tmp_path / "b.py").write_text("from c import x\n")
    (tmp_path / "c.py").write_text("import a\n")
    modules = ("a.py", "b.py", "c.py", "d.py")
    assert sorted(counted_files("a.py", tmp_path, modules)) == ["a.py", "b.py", "c.py"]
    assert counted_files("d.py", tmp_path, modules) == ["d.py"]


def test_a_broken_progress_file_is_told_and_kept(unit: Unit):
    ensure_desk(unit)
    for content in ("{", "[]", '{"schema": "mlsys/progress/v9"}', "\x00\x01"):
        progress_file(unit).parent.mkdir(exist_ok=True)
        progress_file(unit).write_text(content)
        progress, trouble = read_progress(unit)
        assert progress.tasks == {}
        assert "cannot be read" in trouble
        assert "./mlsys check 01" in trouble
    save(unit, t1=Status.PASSED)
    assert read_progress(unit)[1] == ""
    assert progress_file(unit).with_suffix(".json.unreadable").read_text() == "\x00\x01"


RECORDER = """
import sys
from pathlib import Path
from autograder.core.manifest import unit_manifest
from autograder.lab.progress import record
from autograder.core.units import Unit
from autograder.core.result import GradeResult
unit = Unit("01_tiny", Path(sys.argv[1]))
manifest, result = unit_manifest(unit), GradeResult.from_json(sys.stdin.read())
print("ready", flush=True)
while True:
    record(unit, manifest, result)
"""


def start_recorder(unit: Unit, result: GradeResult) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", RECORDER, str(unit.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(course_root())},
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(result.to_json())
    process.stdin.close()
    process.stdout.readline()
    return process


def test_kills_while_recording_lose_nothing(unit: Unit):
    ensure_desk(unit)
    save(unit, t1=Status.PASSED)
    for trial in range(5):
        process = start_recorder(unit, result_for(unit, {"01.2": Status.PASSED}))
        time.sleep(0.01 * trial)
        process.send_signal(signal.SIGKILL)
        process.wait()
        progress, trouble = read_progress(unit)
        assert trouble == ""
        assert progress.tasks["01.1"].points == 5
    save(unit, t2=Status.PASSED)
    left = sorted(path.name for path in progress_file(unit).parent.iterdir())
    assert left == ["01_tiny.json", "lock"], "strays of killed writes are cleared away"


def test_two_checks_at_once_both_count(unit: Unit):
    ensure_desk(unit)
    one = start_recorder(unit, result_for(unit, {"01.1": Status.PASSED}))
    two = start_recorder(unit, result_for(unit, {"01.2": Status.PASSED}))
    time.sleep(0.5)
    for process in (one, two):
        process.kill()
        process.wait()
    assert set(read_progress(unit)[0].tasks) == {"01.1", "01.2"}
