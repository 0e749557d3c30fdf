"""`./mlsys prove` under kill -9: what was proved is kept, nothing else is left, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.authoring.proof import proof_path, read_proof
from autograder.authoring.prove import prove, verify
from autograder.core.units import Unit, course_root
from autograder.tests.needs import need_sandbox
from autograder.tests.tree import environment

ROWS = 5
KILLED = """
import multiprocessing, os, signal, sys
from pathlib import Path
from autograder.authoring import prove as module, warm_grader
from autograder.core.units import Unit

warm_grader.WORTH = 1
rows = 0

def die():
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

def count(outcome):
    global rows
    rows += 1
    if rows == 2 and sys.argv[2] == "between":
        die()

def replace(self, target, kept=Path.replace):
    if rows == 1 and sys.argv[2] == "writing":
        die()
    return kept(self, target)

if __name__ == "__main__":
    Path.replace = replace
    module.prove(Unit("01_tiny", Path(sys.argv[1])), workers=int(sys.argv[3]), on_row=count)
"""


def killed(unit: Unit, folder: Path, moment: str, workers: int) -> list[int]:
    """Prove, and kill the process after its second row or while it writes that one; the processes of its pool."""
    script = folder / "killed.py"
    script.write_text(KILLED)
    command = [sys.executable, "-P", str(script), str(unit.root), moment, str(workers)]
    done = subprocess.run(
        command, env=environment(course_root()), capture_output=True, text=True, timeout=300, cwd=folder
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return [int(word) for word in done.stdout.split()]


@pytest.mark.parametrize(("moment", "kept", "strays"), [("between", 2, 0), ("writing", 1, 1)])
def test_a_kill_keeps_what_was_proved(unit: Unit, tmp_path: Path, moment: str, kept: int, strays: int):
    need_sandbox()
    killed(unit, tmp_path, moment, workers=1)
    first = read_proof(unit)
    assert len(first) == kept
    assert not [name for name, row in first.items() if row.edited(unit, name)]
    assert len(list(unit.checks.glob(".proof.json.*.tmp"))) == strays
    problems, _ = verify(unit)
    assert len(problems) == ROWS - kept
    report = prove(unit, workers=1)
    assert report.failures == []
    assert len(report.graded) == ROWS - kept
    assert {name: row for name, row in read_proof(unit).items() if name in first} == first
    assert list(unit.checks.glob(".*")) == []
    assert json.loads(proof_path(unit).read_bytes())["unit"] == unit.slug
    assert verify(unit) == ([], [])


@pytest.mark.slow
def test_no_process_outlives_the_one_that_was_killed(unit: Unit, tmp_path: Path):
    need_sandbox()
    pids = killed(unit, tmp_path, "between", workers=2)
    assert len(pids) == 2
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
